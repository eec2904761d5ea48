"""Every operation file of the portal is valid against the schema, alone in its file, and really used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, OperationDefinitionNode, build_schema, parse, validate

from hub.proposals.workflow import ProposalState
from hub.web.operations import Operation
from hub.web.proposal.page import NEXT
from hub.web.proposal_actions.forms import FINDINGS, FORMS, STAGES, VOTE_CHOICES
from hub.web.templating import WEB_FOLDER
from schema.api import schema

SCHEMA = build_schema(schema.as_str())
FILES = sorted(WEB_FOLDER.glob("*/*.graphql"))
# Need a choice of persons or organisations, which these pages do not offer yet.
NOT_OFFERED = {"UPDATE", "ASSIGN_REVIEWER", "INVITE_CONSULTATION"}


def values(name: str) -> set[str]:
    found = SCHEMA.type_map[name]
    assert isinstance(found, GraphQLEnumType)
    return set(found.values)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_an_operation_file_holds_one_valid_operation(file: Path) -> None:
    document = parse(file.read_text(encoding="utf-8"))
    assert validate(SCHEMA, document) == []
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    assert len(operations) == 1
    assert operations[0].name is not None
    operation = Operation.beside(str(file), file.name)
    assert operation.name == operations[0].name.value
    if operations[0].operation.value == "mutation":
        text = file.read_text(encoding="utf-8")
        assert re.search(r"^  result: \w+\(input: \$input\)", text, re.MULTILINE)


def test_every_page_has_its_operation() -> None:
    pages = {file.parent.name for file in WEB_FOLDER.glob("*/page.py")}
    with_operation = {file.parent.name for file in FILES}
    assert pages - with_operation == {"auth", "sign_in", "failures"}, "they read nothing by the API"
    names = [Operation.beside(str(file), file.name).name for file in FILES]
    assert len(names) == len(set(names)), "each is told from the others in logs"


def test_every_action_that_a_proposal_allows_has_a_form() -> None:
    assert {action.name for action in FORMS} == values("ProposalAction") - NOT_OFFERED
    inputs = {
        action.name: [question.name for question in action.questions] for action in FORMS if action.questions
    }
    for action in FORMS:
        mutation = re.search(r"\$input: (\w+)!", action.operation.document)
        assert mutation is not None
        fields = set(SCHEMA.type_map[mutation[1]].fields)  # type: ignore[attr-defined]
        hidden = {"id", "expectedVersion", "idempotencyKey"} | (
            {"revision"} if action.tells_revision else set()
        )
        assert fields == hidden | set(inputs.get(action.name, ()))


def test_the_choices_of_the_forms_are_those_of_the_schema() -> None:
    assert {choice[0] for choice in VOTE_CHOICES} == values("VoteChoice")
    assert {choice[0] for choice in FINDINGS} == values("ScreeningFinding")
    assert {choice[0] for choice in STAGES} == values("NextStage")


def test_every_state_says_what_happens_next() -> None:
    assert set(NEXT) == {state.value for state in ProposalState}


def test_a_file_with_two_operations_is_refused(tmp_path: Path) -> None:
    (tmp_path / "operation.graphql").write_text("query A { viewer { name } }\nquery B { viewer { name } }\n")
    with pytest.raises(ValueError, match="holds 2 named operations, not one"):
        Operation.beside(str(tmp_path / "page.py"))
