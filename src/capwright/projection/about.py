"""What each command does, in Chinese; in English its docstring says so. A test asks for every command.

A name in backticks is a field, a choice or a command: pages put its label there, as on the form below.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ABOUT", "about"]

_MARKET: Final = {
    "AdoptScheme": "启用新的方案，例如下一年度的方案；以往年度仍适用各自的方案。",
    "AppointOfficer": "授予工作人员所列角色；角色留空即取消其全部角色。",
    "ApproveProposal": "复核他人提出的事项；通过后立即执行。",
    "OpenMarket": (
        "每个日志的首个指令：确定现行方案和首批工作人员。\n\n"
        "`about`用于说明市场性质，如真实、合成或还原；各类报告均会注明。"
    ),
    "RejectProposal": "否决他人提出的事项，或撤回本人提出的事项。",
}
_REGISTRY: Final = {
    "AddTrustedAccount": "申请将某账户列入信任账户名单，由另一名账户代表复核。",
    "AdvanceClock": "办结已到期的事项：延时期满的交易和信任账户。",
    "AppointRepresentative": "指定账户代表，或变更其权限。",
    "ApproveTransaction": "复核已发起的交易；复核人与发起人不得为同一人。",
    "ApproveTrustedAccount": "复核列入信任账户名单的申请；复核人与申请人不得为同一人。",
    "CancelTransaction": "在延时期内取消交易。",
    "CloseAccount": "注销无余额的账户；注销后不能恢复。",
    "FreezeUnits": "限制账户内的配额交易；被冻结的配额仍可用于清缴。",
    "IssueUnits": "向政府账户签发配额或减排量，由主管部门两人办理，累计不得超过配额总量。",
    "OpenAccount": "开立账户。账号由办理人按方案格式编制（CC-TTT-ID-P-DD）。",
    "ProposeTransaction": (
        "发起一笔指定类型的交易，交易编号即指令编号。撤销以往交易时，在`reverses`中填写其编号。"
    ),
    "RegisterHolder": (
        "登记账户持有人，或更正其登记信息。\n\n开户时尚未登记的持有人将自动登记，类别为“未注明”。"
    ),
    "RegisterProject": "登记减排项目及抵消规则所需的项目信息。",
    "RejectTransaction": "否决待复核的交易。",
    "ReleaseUnits": "全部或部分解除冻结。冻结从快，解冻须由主管部门办理。",
    "RemoveRepresentative": "撤销账户代表；其此后不能再为该账户办理业务。",
    "RemoveTrustedAccount": "将某账户移出信任账户名单。",
    "SetAccountStatus": "限制、暂停或恢复账户使用，并记录理由。",
    "SetReportingYears": "设定企业履约的起止年度；填0表示尚不确定或尚未终止。",
}
_SETTLEMENT: Final = {
    "ClearTrades": "清算上次清算以来的全部成交，为每个会员出具结算单，并汇总手续费。",
    "DepositCash": "登记已到达结算银行的资金。",
    "PayCash": "将账户应缴的罚款或费用划入政府账户。",
    "SettleTrade": ("登记场外达成的交易，券款对付。\n\n优先交付年度最早的配额，且不晚于所填的`vintage`。"),
    "WithdrawCash": "将可用资金划至账户的结算银行。",
}
_ALLOCATION: Final = {
    "AdvanceNewProject": "登记新建项目通过竣工验收（须先购足有偿配额），再登记转为控排企业。",
    "ApproveQuota": "根据已登记的数据核定某年度的配额。",
    "ConvertToSpecial": "注销转出企业被冻结的配额，并等量签发同样处于冻结状态的专用配额。",
    "DecideObjection": (
        "答复异议，并确定此后执行的配额：维持原数或予以调整。\n\n"
        "仅当企业各工序的免费比例不同时才须填写`free_t`。"
    ),
    "FreezeLeaver": (
        "冻结转出企业的全部配额，并按该年度方案的转出规则制定解冻计划。\n\n"
        "自所填的`vintage`起不再向该账户发放配额。"
    ),
    "IssueToNewProject": "从新建项目储备中发放新建项目的免费配额。",
    "ObjectToQuota": "申请复核核定配额；须在期限内提出，且仅限一次。",
    "PreIssueAllowances": "在核定之前预发免费配额；每个账户每年度一次。",
    "RecallForStop": (
        "企业关停或长期停产后，收回并注销生产异常月份对应的免费配额。\n\n"
        "此处填写的数据优先于已登记的数据；不填则以登记数据为准。`process`留空表示全厂停产。"
    ),
    "RecallOwed": "补收此前未能收回的配额；`quantity_t`填0表示按账户现有余额收回。",
    "RecallPreIssued": "收回已转入全国碳市场的企业的预发配额。",
    "RecordActivity": (
        "登记企业某工序某年度经核查的数据，历史基准年同样在此登记。\n\n"
        "同一账户、工序和年度再次登记即为更正，该年度配额核定后不得更改。`capacity`为年核定产能。"
        "`covered_from`为新纳入企业的首个纳入年度，填0表示不适用。`pre_issued_t`和`last_approved_t`"
        "用于结转本系统启用前的情况，归入配额年度当年。"
    ),
    "RecordPaidShare": (
        "登记账户在本系统竞价之外购买的有偿配额。\n\n"
        "同年度在本系统竞价购得的自动计入。`how`填“竞价购入”表示在其他平台竞价购得，"
        "填“其他”表示通过交易所或协议购得。"
    ),
    "RegisterNewProject": "核定新建项目的配额；每个账户每年度一个项目。",
    "ReleaseExitPart": "按转出年度的计划，解冻转出企业的下一期配额。",
    "TrueUpAllowances": "异议期满且无未处理异议后，按核定配额与预发配额之差多退少补。",
}
_AUCTION: Final = {
    "AnnounceAuction": (
        "公告一期竞价，并划出相应配额。\n\n"
        "`round`为方案竞价计划中的期次；此时`offered_t`填0表示采用计划数量加前期结转数量。"
        "`reserve_fen_per_t`留空则按方案规则计算。`tier`表示某一价格档次：即到期时按该价格从储备中出售；"
        "`last_before_surrender`则不论市价均举行。"
    ),
    "AnnounceEntrusted": "公告委托竞价；须在一个交易日内举行，并符合方案规定的公告期。",
    "CancelAuction": "在成交之前取消一期竞价，所划出的配额和保证金随即退回。",
    "ClearAuction": "竞价截止后确定成交结果。随机种子随结果公布，任何人均可复算同价申报的排序。",
    "DeclareDefault": (
        "付款期满后认定中标人违约：保证金不予退还，配额退回。\n\n保证金归受损方：政府，或委托竞价的持有人。"
    ),
    "EntrustAuction": (
        "委托交易所竞价出售配额或减排量，提交后随即冻结。标的编号为“e:指令编号”。\n\n"
        "`kind`和`quantity_t`为出售的品种和数量；`series`留空时从年度最早的批次开始。"
        "勾选`whole_lot`即整体转让，由报价最高者按其报价全部购得；否则可部分成交，以最低中标价为成交价。"
        "申报不足时，由`short`决定全部按底价成交（GZETS 2020-07-06），还是不成交"
        "（约自2023年起的PHCER竞价）。`title`为公告中的标的名称。"
    ),
    "PlaceBid": "提交密封报价申报，并按规则冻结保证金。",
    "SettleAuction": "对资金充足的中标人券款对付；其余仍待付款。",
    "WithdrawBid": "方案允许时，在竞价时段内撤回申报。",
    "WithdrawEntrusted": "在竞价公告之前撤回委托标的。",
}
_EXCHANGE: Final = {
    "AdmitMember": "准入会员，确定其类别和权限；选择“暂停”或“终止”即停止其交易。",
    "BustTrade": "撤销上一交易日因明显错误达成的成交；须在下次开市前办理。",
    "CancelOrder": "撤销一笔未成交的申报。",
    "CloseCase": "案件办结并记录结论；已采取的措施继续有效。",
    "CloseTradingDay": "在末场结束后收市：处理到期申报、确定收盘价、释放到期（T+n）的可卖额度。",
    "ConfirmDeal": "对手方确认协议，确认后立即结算。",
    "CrossListings": "挂牌竞价时段结束后，按成交量最大的单一价格撮合。",
    "Halt": (
        "暂停整个市场（`target`留空）、某一品种或某一账户的交易；`until_ms`填0表示直至恢复交易。\n\n"
        "勾选`cancel`则同时撤销其全部申报，用于紧急处置。"
    ),
    "ImposeMeasure": (
        "对案件所涉账户采取措施，由两人办理。\n\n"
        "`publish`：以`title`为题公开通报。`suspend`：暂停交易至`until`（含当日）；"
        "一年内暂停次数达到方案规定的，改为终止会员资格。`end_membership`：终止会员资格，不得再交易。"
        "后两项同时撤销该账户的未成交申报和协议。"
    ),
    "LiftHalt": "恢复交易。",
    "LiftMeasure": (
        "撤销暂停交易或终止会员资格的措施（如申诉成立），由两人办理。\n\n"
        "该措施不再计入暂停次数；交易所恢复其交易后方可继续交易。"
    ),
    "MassCancel": "撤销本账户的全部申报，可限定品种或买卖方向。",
    "OpenCase": (
        "因某一事由立案。`account`为所涉账户，尚不明确时留空。\n\n由预警引起的，在`alert`中填写预警内容。"
    ),
    "OpenTradingDay": "开市，并确定当日的交易规则。",
    "PickOrder": "按对方挂牌价格点选成交。",
    "PlaceOrder": "提交报价申报。有效期为“至指定日”时，`until`为最后有效日。",
    "ProposeDeal": "向指定对手方发起协议转让或大宗交易；对手方确认前，己方的配额或资金予以冻结。",
    "PublishAnnouncement": "发布交易所公告；属于风险提示的，请勾选`warning`。",
    "PublishWarning": "就某一案件发布风险警示。与案件无关的（如新政策），请使用`PublishAnnouncement`。",
    "RecordInterview": "记录约谈情况，或当事人未到场；不得早于约谈日期。",
    "RecordReport": "记录当事人报告的内容，或其未按要求报告。",
    "ReplaceOrder": "修改价格或剩余数量。价格不变而减少数量的，保留原排队顺序；其他修改排至队尾。",
    "ReportToRegulator": "将案件报告主管部门。",
    "RequireReport": "要求当事人在期限前提交书面报告。",
    "ResetPrice": (
        "调整品种的基准价，例如调整为竞价均价；涨跌幅限制随之变动。\n\n自下次开市起生效，已开市的即时生效。"
    ),
    "SummonInterview": "书面通知约谈日期，并符合方案规定的提前天数。\n\n再次通知即为改期。",
    "WithdrawDeal": "撤回己方发起的协议，或作为对手方予以拒绝。",
}
_COMPLIANCE: Final = {
    "ApproveEmissions": "核定指令所列的排放量；应清缴数量随即确定。",
    "AssessCompliance": "按当前情况判定某年度全部控排企业的履约结果。",
    "ImposeSanction": "按方案对期限届满时的欠缴作出处罚；`fine_fen`留空则按法定幅度的下限。",
    "RecordEmissions": (
        "登记或更正某年度经核查的排放量；当年不履约的，请勾选`excluded`。\n\n"
        "方案的履约量须按燃气机组计算的，在`units`中分机组填写排放量和配额，各机组之和即为排放量。"
    ),
    "RestateEmissions": "冲销已核定的排放量，并重新登记。",
    "SurrenderUnits": (
        "为某年度清缴配额；`lines`留空则按方案规定的顺序扣取。\n\n`quantity_t`填0表示清缴全部欠缴数量。"
    ),
}
_MRV: Final = {
    "AnswerFinding": "企业答复核查发现：说明原因，或说明如何更正。",
    "ApprovePlan": "批准企业提交的某一版监测计划，作为报告和核查的依据。",
    "AssignVerifier": "为企业的排放报告指派核查机构，用于核查、复查或异议后的重新核查。",
    "CloseFinding": "结清核查发现：企业已更正，或其答复已被认可。",
    "ContestFigure": "对排放量提出异议，申请由其他核查机构重新核查。",
    "DrawInspections": (
        "随机抽取检查对象：各行业按比例，或按总数，由种子和账号的哈希值确定。\n\n"
        "种子事先公布，任何人均可复核抽取结果。"
    ),
    "EndAssignment": "在出具核查结论之前终止指派。",
    "EstimateEmissions": "企业未提交可用的报告时，从严测算其排放量；`basis`说明测算依据。",
    "FileMonitoringPlan": "提交监测计划或其新版本；`change`说明修订内容和理由。",
    "GiveCard": "给予核查机构黄牌或红牌；红牌期间不得接受指派或出具结论。",
    "PublishMethod": "发布核算方法及其参数表；`definition`为方法的完整内容。",
    "RateVerifier": "对核查机构某年度的核查工作评级，仅限一次。",
    "RecordEngagement": (
        "登记核查机构在本系统之外为企业提供的服务：咨询服务的截止日期，或已核查的年度。\n\n"
        "`until`为服务的最后一日；在其他平台或本系统启用前核查过的，填写`year`。"
    ),
    "RecordInventory": (
        "登记区域某年度的能源活动二氧化碳排放总量（吨），用于计算市场覆盖占比；同一年度再次登记即替换。"
        "\n\n`document`为数据出处：文件名称和发布机构。"
    ),
    "RecordReview": "登记对核查结论的评议。`body`为评议机构，留空表示由主管部门自行评议。",
    "RecordViolation": (
        "认定方案所列的违规行为并处以罚款；`subject`为账户或核查机构。\n\n`fine_fen`留空则按法定幅度的下限。"
    ),
    "RegisterVerifier": "登记核查机构，或更正其登记信息。",
    "ReportFinding": "向企业提出核查发现；能确定对排放量影响的，填写`effect_t`。",
    "ReportInspection": "登记检查结果；属随机抽取的填写`draw_id`，日常检查留空。",
    "ReturnPlan": "将监测计划退回企业修改。",
    "StateVerification": (
        "出具核查结论。\n\n"
        "`differing`列出与报告值不一致的排放源；其余排放源按报告值计，合计须等于`verified_t`。"
    ),
    "SubmitReport": "提交某年度排放报告或更正后的报告；逾期提交的须勾选`late`。",
    "WithdrawReport": "撤回尚未核查的最新一版排放报告。",
}
ABOUT: Final = _MARKET | _REGISTRY | _SETTLEMENT | _ALLOCATION | _AUCTION | _EXCHANGE | _COMPLIANCE | _MRV


def about(kind: type[Any], lang: str, labels: Mapping[str, str]) -> str:
    """What a command does, in `en` or `zh`, with the label of whatever stands in backticks."""
    if lang == "zh":
        text = ABOUT[kind.__name__]
    else:
        text = "\n\n".join(
            " ".join(part.split("\n")) for part in inspect.cleandoc(kind.__doc__ or "").split("\n\n")
        )
    parts = text.split("`")
    quoted = "“{}”" if lang == "zh" else "‘{}’"
    parts[1::2] = (quoted.format(labels[name]) if name in labels else name for name in parts[1::2])
    return "".join(parts)
