"""What the database itself promises: roles without power, policies on every table, no way around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import policy
from hub.database import Place
from hub.db import embedded
from hub.db.engine import Database
from hub.db.row_security import changeable
from hub.policy import ANYONE
from tests.conftest import reading
from tests.policy.clones import actor_of, as_owner, clone

ROLES = ("hub_app", "hub_public", embedded.LOGIN)
WITHOUT_POLICIES = {"alembic_version", "reference_counters", "spent_logout_tokens", "unowned_objects"}
"""Tables of the machinery, which neither role may read at all."""

DEFINERS = {
    # function: why it may see more than its caller
    "revision": "one number of the machinery, which /readyz compares and shows",
    "own_initiatives": "the policies of initiatives and of participants would ask each other without end",
    "own_grants": "ids of the own roles; the policy of roles cannot ask the table that it guards",
    "search_initiatives": "ids only; @@ is not leakproof and could not use its index beneath the policies",
    "search_proposals": "ids only; as above",
    "search_contributions": "ids only; as above",
    "authenticate": "there is no identity to filter by before it",
    "authenticate_session": "as above, for the cookie of a browser",
    "authenticate_identity": "as above, for an account at an OpenID Connect provider",
    "actor": "what those two know of a person; they alone call it",
    "note_session_use": "there is no identity yet; moves the end of the session whose hash it is given",
    "note_token_use": "as above, for a token; writes when it was used",
    "purge": "deletes what ended long ago, whosever it was; nobody may delete anything by hand",
    "purge_files": "as above, for files that are attached to nothing",
    "file_usage": "sums of the own organisation's files; who attaches none may not see what is attached",
    "announce_object": "writes in a table that nobody reads or writes; for the actor alone",
    "own_object": "as above",
    "disown_object": "as above",
    "removable_objects": "random keys of objects that no row refers to any more",
    "forget_objects": "as above, when they are gone",
    "end_credentials": "a trigger: ends the sessions and tokens of who is removed, which nobody else may",
    "accept_invitations": "nobody has signed in yet; makes and binds the person, grants what was invited",
    "judge_invitation": "as above, called by it: whether who invited still may, and confirms",
    "keep_apart": "a trigger: sees all roles of who is granted one, which who grants it may not",
    "end_sessions": "a provider ends sessions over the back channel, and is nobody here",
    "demonstration_personas": "the demonstration's sign-in page; invented people only",
    "next_reference": "counts on in a table that nobody reads or writes",
    "next_references": "as above, many at once; for imports, which run as the owner",
    "deciding_seats": "ids only: whose votes are needed is no secret",
    "roll_up_contributions": "a trigger: no writer may write sums by hand",
    "gather_contribution_rollups": "as above, called by it",
    "credential_seconds": "a number: when the credential ends whose hash it is given",
    "take_mail": "what sends the mail is nobody; it refuses whoever is somebody",
    "mail_sent": "as above, notes it",
    "no_mail_before": "an instant; who invites does not see the outbox, nor every invitation of the address",
    "mail_not_sent": "as above, notes why",
}
INVOKERS = {
    *("person", "organisation", "has_role", "keep_submitted_revision", "keep_grant_short"),
    *("keep_submitted_application", "keep_submitted_documents"),
    *("tell_recorded", "tell_imported", "tell_person"),
    *("refuse_somebody", "apart"),
}
NOT_OF_THE_PUBLIC = {
    "credential_seconds",
    *("authenticate", "authenticate_session", "authenticate_identity", "note_session_use"),
    *("note_token_use", "purge", "purge_files", "file_usage"),
    *("announce_object", "own_object", "disown_object", "removable_objects", "forget_objects"),
    *("accept_invitations", "end_sessions", "demonstration_personas", "next_reference"),
    *("refuse_somebody", "take_mail", "mail_sent", "mail_not_sent", "no_mail_before"),
}
OF_THE_OWNER_ALONE = {
    *("actor", "apart", "judge_invitation"),
    *("end_credentials", "keep_apart"),
    "next_references",
    "roll_up_contributions",
    "gather_contribution_rollups",
}

MODELS = sorted(policy.READS, key=lambda model: model.__name__)
TABLES = {str(model.__table__.name): model for model in MODELS}  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def secured_place(server: Any, template: str) -> Iterator[Place]:
    """A database with the demonstration, for this file."""
    with clone(server, template, "hub_contract_security") as place:
        yield place


@pytest.fixture
async def owner(secured_place: Place) -> AsyncIterator[AsyncConnection]:
    """The owner's connection; nothing done on it is kept."""
    async with as_owner(secured_place) as connection:
        yield connection
        await connection.rollback()


@pytest.fixture
async def database(secured_place: Place) -> AsyncIterator[Database]:
    """The request's own pools, of one connection each, so that each test meets the one before it again."""
    opened = Database(secured_place.login, pool_size=1)
    yield opened
    await opened.dispose()


# -- roles ---------------------------------------------------------------------------------------------


async def test_the_roles_of_requests_have_no_power(owner: AsyncConnection) -> None:
    found = await owner.execute(
        text(
            "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolinherit"
            " from pg_roles where rolname = any(:roles)"
        ),
        {"roles": list(ROLES)},
    )
    assert {row[0]: set(row[1:]) for row in found} == {role: {False} for role in ROLES}


async def test_the_roles_of_requests_own_nothing(owner: AsyncConnection) -> None:
    owned = await owner.scalars(
        text(
            "select classid::regclass::text from pg_shdepend d join pg_roles r on r.oid = d.refobjid"
            " where d.refclassid = 'pg_authid'::regclass and d.deptype = 'o' and r.rolname = any(:roles)"
        ),
        {"roles": list(ROLES)},
    )
    assert owned.all() == []


async def test_the_login_may_become_the_two_roles_and_nothing_else(owner: AsyncConnection) -> None:
    found = await owner.execute(
        text(
            "select m.rolname, g.rolname, a.admin_option, a.inherit_option, a.set_option"
            " from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles g on g.oid = a.roleid"
            " where m.rolname = any(:roles)"
        ),
        {"roles": list(ROLES)},
    )
    assert {tuple(row) for row in found} == {
        (embedded.LOGIN, "hub_app", False, False, True),
        (embedded.LOGIN, "hub_public", False, False, True),
    }


CREATIONS = (
    "create table hub.mine (id int)",
    "create table public.mine (id int)",
    "create temporary table mine (id int)",
    "create schema mine",
    "create function hub.mine() returns int language sql return 1",
    "create view hub.mine as select 1",
    "create role mine",
    "create extension vector",
    "alter table hub.proposals disable row level security",
    "drop policy app_select on hub.proposals",
    "create policy mine on hub.proposals using (true)",
    "comment on table hub.proposals is 'mine'",
    "set role hub_owner",
    "set session authorization postgres",
    "copy hub.proposals to program 'true'",
)


@pytest.mark.parametrize("engine", ["app", "public"])
@pytest.mark.parametrize("statement", CREATIONS)
async def test_a_request_creates_and_alters_nothing(engine: str, statement: str, database: Database) -> None:
    async with getattr(database, engine).connect() as connection:
        with pytest.raises(DBAPIError) as refused:
            await connection.execute(text(statement))
        assert getattr(refused.value.orig, "sqlstate", None) == "42501", refused.value


async def test_without_a_role_the_login_reads_nothing(database: Database) -> None:
    async with database.app.connect() as connection:
        await connection.execute(text("set local role none"))
        assert await connection.scalar(text("select current_user")) == embedded.LOGIN
        with pytest.raises(DBAPIError, match="permission denied for schema hub"):
            await connection.execute(text("select * from hub.organisations"))


# -- tables, policies and privileges -------------------------------------------------------------------


async def test_every_table_forces_its_policies(owner: AsyncConnection) -> None:
    found = await owner.execute(
        text(
            "select relname, relkind::text, relrowsecurity and relforcerowsecurity from pg_class"
            " where relnamespace = 'hub'::regnamespace and relkind not in ('i', 'I', 't')"
        )
    )
    kinds = {name: (kind, forced) for name, kind, forced in found}
    assert {name for name, (kind, _) in kinds.items() if kind != "r"} == set(), (
        "no view, sequence, other table"
    )
    assert {name for name, (_, forced) in kinds.items() if not forced} == WITHOUT_POLICIES
    assert set(kinds) - WITHOUT_POLICIES == set(TABLES)


async def test_the_policies_are_those_that_the_tables_of_scopes_ask_for(owner: AsyncConnection) -> None:
    expected = set()
    for name, model in TABLES.items():
        expected |= {(name, "owner_all", "hub_owner", "ALL"), (name, "app_select", "hub_app", "SELECT")}
        if model in policy.INSERTS:
            expected.add((name, "app_insert", "hub_app", "INSERT"))
        if model in policy.UPDATES:
            expected.add((name, "app_update", "hub_app", "UPDATE"))
        if ANYONE in policy.READS[model]:
            expected.add((name, "public_select", "hub_public", "SELECT"))
    found = await owner.execute(
        text("select tablename, policyname, array_to_string(roles, ','), cmd from pg_policies")
    )
    assert {tuple(row) for row in found} == expected


async def test_privileges_are_the_least_that_the_policy_needs(owner: AsyncConnection) -> None:
    expected = {(name, role, "SELECT") for name in TABLES for role in ("hub_app", "hub_public")}
    expected |= {(name, "hub_app", "INSERT") for name, m in TABLES.items() if m in policy.INSERTS}
    found = await owner.execute(
        text(
            "select c.relname, coalesce(r.rolname, 'PUBLIC'), x.privilege_type from pg_class c,"
            " aclexplode(c.relacl) x left join pg_roles r on r.oid = x.grantee"
            " where c.relnamespace = 'hub'::regnamespace and coalesce(r.rolname, '') <> 'hub_owner'"
        )
    )
    assert {tuple(row) for row in found} == expected
    columns = await owner.execute(
        text(
            "select c.relname, a.attname, r.rolname, x.privilege_type from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) x"
            " left join pg_roles r on r.oid = x.grantee where c.relnamespace = 'hub'::regnamespace"
        )
    )
    assert {tuple(row) for row in columns} == {
        (name, column, "hub_app", "UPDATE")
        for name, model in TABLES.items()
        if model in policy.UPDATES
        for column in changeable(model).split(", ")
    }


async def test_no_update_reaches_the_columns_that_scopes_rest_on() -> None:
    assert {"organisation_id", "proposal_id", "reviewer_id", "consulted_id", "provider_id"} <= policy.FIXED
    for model in policy.UPDATES:
        assert not policy.FIXED & set(changeable(model).split(", ")), model.__name__


@pytest.mark.parametrize("name", sorted(WITHOUT_POLICIES))
@pytest.mark.parametrize("engine", ["app", "public"])
async def test_tables_without_policies_are_out_of_reach(name: str, engine: str, database: Database) -> None:
    for statement in ("select 1 from {}", "delete from {}", "truncate {}"):
        async with getattr(database, engine).connect() as connection:
            with pytest.raises(DBAPIError, match=f"permission denied for table {name}"):
                await connection.execute(text(statement.format(f"hub.{name}")))


# -- functions -----------------------------------------------------------------------------------------


async def test_the_functions_are_those_of_the_lists(owner: AsyncConnection) -> None:
    found = await owner.execute(
        text(
            "select p.proname, p.prosecdef, p.proconfig, o.rolname,"
            " array(select coalesce(r.rolname, 'PUBLIC') from aclexplode(p.proacl) x"
            "       left join pg_roles r on r.oid = x.grantee where x.privilege_type = 'EXECUTE') as who"
            " from pg_proc p join pg_roles o on o.oid = p.proowner where p.pronamespace = 'hub'::regnamespace"
        )
    )
    rows = {row.proname: row for row in found}
    assert {name for name, row in rows.items() if row.prosecdef} == set(DEFINERS)
    assert {name for name, row in rows.items() if not row.prosecdef} == INVOKERS
    for name, row in rows.items():
        assert row.rolname == "hub_owner", name
        assert set(row.who) == {"hub_owner", *callers_of(name)}, name
        if row.prosecdef:
            assert row.proconfig == ['search_path=""'], name


def callers_of(function: str) -> set[str]:
    """The roles of requests that may call it."""
    if function in OF_THE_OWNER_ALONE:
        return set()
    return {"hub_app"} if function in NOT_OF_THE_PUBLIC else {"hub_app", "hub_public"}


async def test_no_function_elsewhere_runs_with_its_owners_rights(owner: AsyncConnection) -> None:
    found = await owner.scalars(
        text(
            "select p.oid::regprocedure::text from pg_proc p where p.prosecdef"
            " and p.pronamespace not in ('hub'::regnamespace, 'pg_catalog'::regnamespace)"
        )
    )
    assert found.all() == []


SEARCHES = {
    "search_initiatives": ("initiatives", "demonstration or training or workshop or regional"),
    "search_proposals": ("proposals", "training or workshop or regional or guide"),
    "search_contributions": ("contributions", "support or work or funding"),
}


@pytest.mark.parametrize("function", SEARCHES)
async def test_a_search_gives_ids_only_and_joined_they_are_filtered(
    function: str, owner: AsyncConnection, database: Database
) -> None:
    table, words = SEARCHES[function]
    returns = "select prorettype::regtype::text || case when proretset then '[]' else '' end from pg_proc"
    assert await owner.scalar(text(f"{returns} where proname = '{function}'")) == "uuid[]"
    for name in ("partner", "reviewer", "staff", None):
        async with reading(database, await actor_of(owner, name)) as connection:
            visible = set(await connection.scalars(text(f"select id from hub.{table}")))
            matched = set(await connection.scalars(text(f"select hub.{function}(:words)"), {"words": words}))
            joined = await connection.scalars(
                text(f"select id from hub.{table} where id in (select hub.{function}(:words))"),
                {"words": words},
            )
            assert set(joined) == matched & visible
            assert matched
            if name != "staff":
                assert matched - visible, "the search found hidden rows too, or this proves nothing"


async def test_own_initiatives_are_those_of_the_identity(owner: AsyncConnection, database: Database) -> None:
    statement = text("select hub.own_initiatives()")
    for name in ("partner", "staff", "reviewer", None):
        actor = await actor_of(owner, name)
        expected = await owner.scalars(
            text(
                "select i.id from hub.initiatives i where i.lead_organisation_id = :own or exists"
                " (select from hub.initiative_participants p"
                "  where p.initiative_id = i.id and p.organisation_id = :own)"
            ),
            {"own": actor.organisation_id},
        )
        async with reading(database, actor) as connection:
            assert set(await connection.scalars(statement)) == set(expected), name


async def test_deciding_seats_are_two_ids(owner: AsyncConnection, database: Database) -> None:
    codes = "select iso_code from hub.organisations where id in (select hub.deciding_seats())"
    for name in ("partner", None):
        async with reading(database, await actor_of(owner, name)) as connection:
            assert set(await connection.scalars(text(codes))) == {"AU", "ID"}


CLOSED_TO_THE_PUBLIC = (
    "select * from hub.authenticate(decode('00', 'hex'))",
    "select * from hub.authenticate_session(decode('00', 'hex'))",
    "select * from hub.authenticate_identity('a', 'b')",
    "select hub.note_session_use(decode('00', 'hex'), interval '1 hour')",
    "select hub.purge()",
    "select hub.purge_files()",
    "select * from hub.file_usage()",
    "select hub.announce_object('a', 1)",
    "select hub.own_object('a')",
    "select hub.disown_object('a')",
    "select hub.removable_objects(1)",
    "select hub.forget_objects(array['a'])",
    "select hub.note_token_use(decode('00', 'hex'))",
    "select hub.accept_invitations('a', 'b', 'c', 'd')",
    "select hub.end_sessions('a', 'b', 'c', 'd', now())",
    "select * from hub.actor(null)",
    "select * from hub.demonstration_personas()",
    "select hub.next_reference('PRO', 2026, 4)",
    "select hub.next_references('PRO', 2026, 4, 2)",
    "select * from hub.take_mail(interval '1 minute')",
    "select hub.mail_sent(null)",
    "select hub.no_mail_before('a@b.org', null, null)",
    "select hub.mail_not_sent(null, 'a', null, true)",
)


async def test_no_request_takes_many_references_at_once(database: Database) -> None:
    async with database.app.connect() as connection:
        with pytest.raises(DBAPIError, match="permission denied for function"):
            await connection.execute(text("select hub.next_references('PRO', 2026, 4, 1000000)"))


@pytest.mark.parametrize("statement", CLOSED_TO_THE_PUBLIC)
async def test_the_public_calls_nothing_that_it_does_not_need(statement: str, database: Database) -> None:
    async with database.public.connect() as connection:
        with pytest.raises(DBAPIError, match="permission denied for function"):
            await connection.execute(text(statement))


async def test_the_list_of_personas_holds_no_real_person(secured_place: Place, database: Database) -> None:
    async with as_owner(secured_place) as owner:
        real = await owner.scalar(
            text(
                "insert into hub.persons (name, email, organisation_id, persona, is_demonstration)"
                " select 'Somebody', 'somebody@example.org', id, 'real', false from hub.organisations limit 1"
                " returning id"
            )
        )
    async with database.app.connect() as connection:
        found = (
            await connection.execute(text("select persona, person_id from hub.demonstration_personas()"))
        ).all()
    assert len(found) == 10
    assert real not in {row.person_id for row in found}


async def test_authentication_answers_for_an_exact_hash_only(database: Database) -> None:
    async with database.app.connect() as connection:
        for hash_ in (b"", b"\x00" * 32, b"%", None):
            row = await connection.execute(
                text("select * from hub.authenticate(cast(:h as bytea))"), {"h": hash_}
            )
            assert row.all() == []


async def test_there_is_no_view_and_no_rule_around_the_policies(owner: AsyncConnection) -> None:
    views = await owner.scalars(
        text(
            "select oid::regclass::text from pg_class where relkind in ('v', 'm', 'f')"
            " and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
            " and not coalesce(reloptions::text like '%security_invoker=true%', false)"
        )
    )
    assert views.all() == []
