"""Which e-mail addresses mail can be sent to: asked before one is kept, and before a server is told it."""

from __future__ import annotations

import re
from email.errors import MessageError
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from email.headerregistry import Address

UNMAILABLE: Final = "no mail can be sent to the address"

LONGEST_ADDRESS: Final = 254
_LONGEST_LOCAL: Final = 64
"""In octets, as mail servers take them (RFC 5321, 4.5.3.1)."""
_DOMAIN: Final = re.compile(
    r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.I
)
"""Of names as the name system has them, the last of which is no number: an IP address is nobody's domain."""


def mailable(address: str) -> Address:
    """The address as every mail server can be told it; ValueError where there is no such way."""
    from email.headerregistry import Address  # half a megabyte of each worker, for an address now and then

    local, _, domain = address.rpartition("@")
    try:
        told = f"{local}@{domain.encode('idna').decode()}"
        found = Address(addr_spec=told)
    except (ValueError, IndexError, MessageError) as error:
        raise ValueError(UNMAILABLE) from error
    is_whole = found.addr_spec == told  # no comment or quotation, which the reader of an address takes off
    is_short = len(local) <= _LONGEST_LOCAL and len(told) <= LONGEST_ADDRESS
    if not (is_whole and is_short and _DOMAIN.fullmatch(found.domain)):
        raise ValueError(UNMAILABLE)
    return found
