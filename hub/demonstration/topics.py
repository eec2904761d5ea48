"""What the invented work is about: subjects from the RSO's fields of work, and the words around them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from random import Random

from hub.initiatives.models import GenderMarker, InitiativeKind


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject, what work on it aims at, for whom, and the body that it falls to."""

    theme: str
    subject: str
    aim: str
    audience: str
    group: str | None
    gender: GenderMarker = GenderMarker.NOT_TARGETED


_TRAFFICKING, _NETWORKS = "TRAFFICKING_IN_PERSONS", "DISRUPTION_OF_NETWORKS"
_RETURNS, _PREPARED = "RETURNS_AND_REINTEGRATION", "PLANNING_AND_PREPAREDNESS"
_BUSINESS, _CONSULTATION = "GOVERNMENT_AND_BUSINESS_FORUM", "CONSULTATION_MECHANISM"
_SIGNIFICANT, _PRINCIPAL = GenderMarker.SIGNIFICANT, GenderMarker.PRINCIPAL

_BORDER = "border and immigration officials"
_POLICE = "investigators and prosecutors"
_POLICY = "policy makers"
_CARE = "victim support practitioners"
_JUDGES = "judges and prosecutors"
_MIXED = "counter-trafficking practitioners"
_SEA = "maritime and coast guard agencies"
_DATA = "statisticians and analysts"


def _of(
    theme: str, *topics: tuple[str, str, str, str | None] | tuple[str, str, str, str | None, GenderMarker]
) -> tuple[Topic, ...]:
    return tuple(Topic(theme, *topic) for topic in topics)


TOPICS: tuple[Topic, ...] = (
    *_of(
        "countering trafficking in persons",
        (
            "identifying victims of trafficking at the border",
            "Officers learn to notice indicators early and to refer people safely.",
            _BORDER,
            _TRAFFICKING,
            _SIGNIFICANT,
        ),
        (
            "trafficking into online scam operations",
            "It looks at recruitment, coercion and the release of people from scam compounds.",
            _MIXED,
            _TRAFFICKING,
        ),
        (
            "labour recruitment and the risk of trafficking",
            "It compares how recruitment fees and contracts are supervised.",
            _POLICY,
            _TRAFFICKING,
        ),
        (
            "interviewing children in trafficking cases",
            "It promotes interviews that children can bear and that courts accept.",
            _POLICE,
            _TRAFFICKING,
            _SIGNIFICANT,
        ),
        (
            "due diligence against forced labour in supply chains",
            "Governments and companies compare what reporting duties achieve.",
            _POLICY,
            _BUSINESS,
        ),
        (
            "prosecution of trafficking in persons",
            "It follows cases from the first report to the sentence.",
            _JUDGES,
            _TRAFFICKING,
        ),
        (
            "non-punishment of trafficked persons",
            "It explains how the principle works in practice and where it fails.",
            _JUDGES,
            _TRAFFICKING,
        ),
    ),
    *_of(
        "countering people smuggling",
        (
            "financial investigation of smuggling networks",
            "It follows informal transfers and the proceeds of organisers.",
            _POLICE,
            _NETWORKS,
        ),
        (
            "misuse of social media by people smugglers",
            "It maps how journeys are advertised and how platforms can respond.",
            _POLICE,
            _NETWORKS,
        ),
        (
            "joint investigation of smuggling networks",
            "It agrees on contact points, templates and early consultation.",
            _POLICE,
            _NETWORKS,
        ),
        (
            "digital evidence in smuggling cases",
            "It covers seizure, preservation and presentation of data from telephones.",
            _POLICE,
            _NETWORKS,
        ),
        (
            "mutual legal assistance in smuggling cases",
            "It shortens the way of requests between central authorities.",
            _JUDGES,
            _NETWORKS,
        ),
        (
            "public information on the risks of smuggling",
            "It tests which messages reach people before they set out.",
            _POLICY,
            _NETWORKS,
        ),
    ),
    *_of(
        "border management",
        (
            "coordinated management of land borders",
            "Neighbouring posts agree on procedures and on a common calendar.",
            _BORDER,
            _PREPARED,
        ),
        (
            "advance passenger information",
            "It sets out legal bases, safeguards and first steps.",
            _BORDER,
            None,
        ),
        (
            "humane procedures at the border",
            "It translates standards into checklists for shift leaders.",
            _BORDER,
            None,
            _SIGNIFICANT,
        ),
        (
            "contingency planning for large movements",
            "Agencies rehearse who does what in the first three days.",
            _BORDER,
            _PREPARED,
        ),
        (
            "integrity at border posts",
            "It looks at rotation, supervision and complaint channels.",
            _BORDER,
            None,
        ),
    ),
    *_of(
        "victim protection",
        (
            "trauma-informed support for victims",
            "Practitioners exchange methods that avoid repeated harm.",
            _CARE,
            _TRAFFICKING,
            _PRINCIPAL,
        ),
        (
            "national referral mechanisms",
            "It helps agencies to agree who acts at each step.",
            _CARE,
            _TRAFFICKING,
            _SIGNIFICANT,
        ),
        (
            "protection of witnesses in trafficking trials",
            "It gathers measures that small jurisdictions can afford.",
            _JUDGES,
            _TRAFFICKING,
        ),
        (
            "standards for shelters",
            "It offers a self-assessment that shelters can repeat each year.",
            _CARE,
            _TRAFFICKING,
            _PRINCIPAL,
        ),
    ),
    *_of(
        "returns and reintegration",
        (
            "assisted voluntary return and reintegration",
            "It compares counselling, cash assistance and follow-up.",
            _POLICY,
            _RETURNS,
        ),
        (
            "reintegration of returning women migrants",
            "It looks at livelihoods, stigma and child care.",
            _CARE,
            _RETURNS,
            _PRINCIPAL,
        ),
        (
            "establishing the identity of returnees",
            "Consular and immigration services agree on steps and time limits.",
            _BORDER,
            _RETURNS,
        ),
        (
            "measuring the results of reintegration",
            "It proposes a short set of indicators and a way to collect them.",
            _DATA,
            _RETURNS,
        ),
    ),
    *_of(
        "identity and documents",
        (
            "detection of fraudulent travel documents",
            "Examiners practise with specimens and share alerts.",
            _BORDER,
            None,
        ),
        (
            "civil registration of displaced persons",
            "It shows how registration prevents statelessness and exploitation.",
            _POLICY,
            None,
            _SIGNIFICANT,
        ),
        (
            "biometrics and privacy in identity management",
            "It sets out questions to answer before a system is bought.",
            _POLICY,
            None,
        ),
    ),
    *_of(
        "protection at sea",
        (
            "search and rescue and safe disembarkation",
            "Agencies walk through a scenario from distress call to landing.",
            _SEA,
            _CONSULTATION,
        ),
        (
            "emergency response to irregular maritime movements",
            "It clarifies early contacts between capitals and agencies at sea.",
            _SEA,
            _CONSULTATION,
        ),
        (
            "reception of people rescued at sea",
            "It lists what is needed in the first day, week and month.",
            _CARE,
            _PREPARED,
            _SIGNIFICANT,
        ),
    ),
    *_of(
        "gender",
        (
            "gender-responsive migration governance",
            "It helps to examine laws and budgets for their effect on women and men.",
            _POLICY,
            None,
            _PRINCIPAL,
        ),
        (
            "women in border and law enforcement agencies",
            "It looks at recruitment, posting and leadership.",
            _BORDER,
            None,
            _PRINCIPAL,
        ),
    ),
    *_of(
        "data and information sharing",
        (
            "comparable data on irregular migration",
            "It agrees on definitions before it agrees on tables.",
            _DATA,
            _PREPARED,
        ),
        (
            "statistics on trafficking in persons",
            "It shows how case records become figures that can be trusted.",
            _DATA,
            _TRAFFICKING,
        ),
        (
            "sharing information between agencies safely",
            "It offers model clauses on purpose, access and deletion.",
            _POLICY,
            _NETWORKS,
        ),
        (
            "early warning of irregular movements",
            "It combines signals that agencies hold already.",
            _DATA,
            _PREPARED,
        ),
    ),
)

KIND_TITLES: dict[InitiativeKind, str] = {
    InitiativeKind.TRAINING: "Training course on {subject}",
    InitiativeKind.EVENT: "Regional forum on {subject}",
    InitiativeKind.WORKSHOP: "Workshop on {subject}",
    InitiativeKind.ROUNDTABLE: "Round table on {subject}",
    InitiativeKind.GUIDE: "Practitioners' guide to {subject}",
    InitiativeKind.POLICY_PAPER: "Policy paper on {subject}",
    InitiativeKind.THEMATIC_BRIEF: "Thematic brief: {subject}",
    InitiativeKind.TRAINING_MATERIAL: "Training materials on {subject}",
    InitiativeKind.RESEARCH: "Study of {subject}",
    InitiativeKind.SECONDMENT_PROGRAMME: "Secondment programme: {subject}",
}

_KIND_SUMMARIES: dict[InitiativeKind, str] = {
    InitiativeKind.TRAINING: "A five-day course for {audience}, with exercises and coaching afterwards.",
    InitiativeKind.EVENT: "A two-day forum that brings {audience} together with partners.",
    InitiativeKind.WORKSHOP: "A three-day workshop in which {audience} compare practice and agree on steps.",
    InitiativeKind.ROUNDTABLE: "An off-the-record discussion among {audience}.",
    InitiativeKind.GUIDE: "A short practical guide, tried out with {audience} before it is published.",
    InitiativeKind.POLICY_PAPER: "A paper that sets out options for {audience}.",
    InitiativeKind.THEMATIC_BRIEF: "A brief of a few pages that sums up what is known, for {audience}.",
    InitiativeKind.TRAINING_MATERIAL: "Modules, cases and trainers' notes that {audience} can adapt.",
    InitiativeKind.RESEARCH: "A study based on published data and on interviews with {audience}.",
    InitiativeKind.SECONDMENT_PROGRAMME: "Placements of {audience} at the RSO, for three to six months each.",
}

REGIONS = ("South-East Asia", "South Asia", "the Pacific", "East Asia", "the whole Bali Process region")


def title_of(topic: Topic, kind: InitiativeKind) -> str:
    """The title of work of the kind on the topic."""
    return KIND_TITLES[kind].format(subject=topic.subject)


def summary_of(topic: Topic, kind: InitiativeKind, region: str) -> str:
    """What the work is, what it aims at, and where."""
    form = _KIND_SUMMARIES[kind].format(audience=topic.audience)
    return f"{form} {topic.aim} Its focus is {region}."


def objectives_of(topic: Topic, revision: int) -> str:
    """The objectives; a later revision also says how results are measured."""
    lines = [
        f"1. Give {topic.audience} a shared understanding of {topic.subject}.",
        "2. Agree on two changes of practice that each participating agency can make within a year.",
    ]
    if revision > 1:
        lines.append("3. Measure what changed after six months, with figures by sex and age.")
    return "\n".join(lines)


class Agenda:
    """Gives out topics by kind, each pair once, so that no two titles are the same."""

    def __init__(self, chance: Random) -> None:
        self._left: dict[InitiativeKind, list[Topic]] = {kind: [] for kind in InitiativeKind}
        for kind, topic in product(InitiativeKind, TOPICS):
            self._left[kind].append(topic)
        for topics in self._left.values():
            chance.shuffle(topics)

    def take(self, kind: InitiativeKind) -> Topic:
        """A topic on which there is no work of the kind yet."""
        return self._left[kind].pop()
