"""Files that people have handed in."""

from datetime import datetime

import strawberry
from sqlalchemy import Text, cast, func, literal

from hub.files import models
from hub.files.limits import LOOSE_DAYS
from hub.identity import models as identity_models
from schema.base import Node, over
from schema.compiler.mapping import expression, one_by
from schema.identity import Person


@over(models.StoredFile)
@strawberry.type(
    description="A file as it was handed in by `POST /files`. Its organisation sees it, and whoever may see "
    f"what it is attached to. Attached to nothing for {LOOSE_DAYS} days, it is removed."
)
class File(Node):
    name: str = strawberry.field(description="What it is called; for people, and no path.")
    media_type: str = strawberry.field(description="As its content says.")
    size: int = strawberry.field(description="Bytes.")
    sha256: str = expression(
        lambda at, _: func.encode(at.sha256, "hex"), "SHA-256 of the content, 64 hexadecimal digits."
    )
    path: str = expression(
        lambda at, _: literal("/files/", Text) + cast(at.id, Text), "Where to download it, by GET."
    )
    created_at: datetime = strawberry.field(description="When it was handed in.")
    uploaded_by: Person | None = one_by(identity_models.Person, "uploaded_by_id", "Who handed it in.")
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")
