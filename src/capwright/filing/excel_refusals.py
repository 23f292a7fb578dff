"""What a filled-in workbook may be refused for, cell by cell and as a whole."""

from __future__ import annotations

from capwright.kernel.refusal import define

__all__ = [
    "BAD_CELLS",
    "CHANGED_ROW",
    "COPIED_SHEET",
    "MERGED",
    "NEEDED",
    "NOT_DATE",
    "NOT_FIGURE",
    "NOT_HASH",
    "NOT_TEMPLATE",
    "NO_CHOICE",
    "NO_RESULT",
    "NO_SHEET",
    "NO_TARGET",
    "OTHER_VERSION",
    "TWICE",
    "YEAR_AND_MONTHS",
]

BAD_CELLS = define(
    "CW-9520",
    en="Cells that need mending: {count}, the first is {place}.",
    zh="需要改正的单元格：{count}个，首处为{place}。",
    rule="design: one clear message for bad input",
)
NOT_TEMPLATE = define(
    "CW-9521",
    en="The workbook was not made by Capwright: it does not say for which method it is.",
    zh="该工作簿不是由 Capwright 生成的模板，未注明所用方法。",
    mend_en="Fill in a template: capwright mrv template METHOD --out FILE.xlsx",
    mend_zh="请用 capwright mrv template 生成模板后填写。",
    rule="design: a report pins its method",
)
OTHER_VERSION = define(
    "CW-9522",
    en="The template was made for {method} with the digest {given}; {method} here has {here}.",
    zh="模板为{method}（摘要值{given}）生成，而此处的{method}摘要值为{here}。",
    mend_en="Make a new template with this method and copy the figures, or read it with the method of then.",
    mend_zh="请用当前方法重新生成模板并填入数据，或使用当时的方法版本读取。",
    rule="design: a report pins its method",
)
NOT_FIGURE = define(
    "CW-9523",
    en="'{text}' is not a figure.",
    zh="“{text}”不是有效数值。",
    mend_en="Write a plain number; the unit stands in its own column.",
    mend_zh="请只填数字，单位填在单位列。",
    rule="design: bound everything",
)
NEEDED = define(
    "CW-9524",
    en="{what} is missing.",
    zh="缺少{what_zh}。",
    mend_en="Fill it in, or clear the figures of this row.",
    mend_zh="请填写，或清除该行数据。",
    rule="the template's guide",
)
NO_CHOICE = define(
    "CW-9525",
    en="'{text}' is not one of the choices: {known}.",
    zh="“{text}”不在可选项之中：{known}。",
    mend_en="Choose from the list.",
    mend_zh="请从下拉列表中选择。",
    rule="the template's guide",
)
YEAR_AND_MONTHS = define(
    "CW-9526",
    en="There is a figure for the year and figures for months.",
    zh="同时填报了全年值和月度值。",
    mend_en="Keep one or the other.",
    mend_zh="请只保留其中一种。",
    rule="GD-2021: monthly records",
)
TWICE = define(
    "CW-9527",
    en="'{text}' is given twice; first in {first}.",
    zh="“{text}”重复，首次出现在{first}。",
    mend_en="Give each its own name.",
    mend_zh="请分别命名。",
    rule="design: one clear message for bad input",
)
NO_RESULT = define(
    "CW-9528",
    en="The formula in this cell gives an error, or its result is not stored.",
    zh="该单元格的公式出错，或没有已保存的结果。",
    mend_en="Write the number itself, or mend the formula and save the file in a spreadsheet program.",
    mend_zh="请直接填写数值，或更正公式并用电子表格软件保存文件。",
    rule="design: a file is never executed",
)
CHANGED_ROW = define(
    "CW-9529",
    en="'{text}' is no {what} of this sheet.",
    zh="“{text}”不是本表的{what_zh}。",
    mend_en="Restore the grey cell: it must stay as the template had it.",
    mend_zh="请恢复灰色单元格的原有内容。",
    rule="the template's guide",
)
NO_TARGET = define(
    "CW-9530",
    en="There is no figure {symbol} of '{stream}' that this document could stand behind.",
    zh="没有“{stream}”的{symbol}数据，无法对应该证据。",
    mend_en="Name the stream and the symbol as on their sheet.",
    mend_zh="请按相应工作表填写排放源和符号。",
    rule="the template's guide",
)
NOT_DATE = define(
    "CW-9531",
    en="'{text}' is not a date.",
    zh="“{text}”不是日期。",
    mend_en="Write it like 2024-03-31.",
    mend_zh="请写成 2024-03-31 的形式。",
    rule="ISO 8601",
)
NOT_HASH = define(
    "CW-9532",
    en="'{text}' is not a SHA-256.",
    zh="“{text}”不是 SHA-256 哈希值。",
    mend_en="It has 64 digits from 0 to 9 and a to f.",
    mend_zh="应为64位0—9、a—f的字符。",
    rule="FIPS 180-4",
)
NO_SHEET = define(
    "CW-9533",
    en="The sheet '{title}' of the template is not there any more.",
    zh="模板中的工作表“{title}”已不存在。",
    mend_en="Give the sheet its name back; a sheet that is not needed stays empty.",
    mend_zh="请恢复工作表名称；不需要的工作表留空即可。",
    rule="design: nothing is left out in silence",
)
COPIED_SHEET = define(
    "CW-9534",
    en="The sheet '{title}' looks like one of the template's, but would not be read.",
    zh="工作表“{title}”与模板工作表相同，但不会被读取。",
    mend_en="Enter its rows on the sheet of the template, below each other, and delete the copy.",
    mend_zh="请将其内容逐块填入模板原有工作表，并删除该副本。",
    rule="design: nothing is left out in silence",
)
MERGED = define(
    "CW-9535",
    en="This cell is merged with its neighbours; a figure belongs to one month only.",
    zh="该单元格与相邻单元格合并；每个数值只能对应一个月。",
    mend_en="Unmerge the cells and fill in each month, or give one figure for the year.",
    mend_zh="请取消合并并逐月填写，或填全年值。",
    rule="GD-2021: monthly records",
)
