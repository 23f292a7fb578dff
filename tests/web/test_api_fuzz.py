"""Whatever is sent to the API, the answer is one that its description names, never a fault of ours."""

import hypothesis
import pytest
import schemathesis

EXAMPLES = 4


@pytest.fixture(scope="module")
def schema(site):
    document = site.api().get("/openapi.json").json()
    loaded = schemathesis.openapi.from_dict(document)
    loaded.config.update(base_url=site.url)
    return loaded


def test_no_request_breaks_the_api_or_surprises(site, schema):
    headers = {"Authorization": f"Bearer {site.token('ceramics-20:operator')}"}
    broken = []
    for result in schema.get_all_operations():
        ask(result.ok(), headers, broken)
    assert broken == []


def ask(operation, headers, broken):
    """Send a few requests made from the description of an operation, sound and unsound ones."""
    known = set(operation.definition.raw["responses"])

    @hypothesis.given(case=operation.as_strategy())
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    def each(case):
        answer = case.call(headers=headers, timeout=30)
        if str(answer.status_code) not in known or answer.status_code in {500, 502}:
            broken.append((operation.label, answer.status_code, answer.text[:200]))

    each()
