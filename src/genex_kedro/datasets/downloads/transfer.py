"""One attempt at fetching a file over HTTP, going on where the last one stopped.

``pooch``, the field's standard for small files with known digests, cannot resume; a gigabyte
over a slow link needs it. Proxies are those of the environment (``https_proxy``).
"""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable

from genex_kedro.datasets.downloads.part_file import PartFile
from genex_kedro.datasets.downloads.sources import Source
from genex_kedro.errors import InputError

_AT_ONCE = 1 << 18  # bytes
_GZIP = b"\x1f\x8b"
_CHANGED = "the server's file changed meanwhile"
_PASSING = (408, 425, 429)  # besides all 5xx: the server asks to come back later
# What breaks a connection: URLError and timeouts are OSErrors, HTTPException a broken answer.
_BROKEN = (OSError, http.client.HTTPException)


class TransferError(Exception):
    """An attempt failed in a way that the next one may not."""


def transfer(
    source: Source,
    part: PartFile,
    timeout: float,
    progress: Callable[[int, int | None], None],
    before_body: Callable[[int | None], None],
) -> None:
    """Fetch what the part file lacks.

    Parameters
    ----------
    source : Source
    part : PartFile
        Grows; begins anew where the server ignores the range or has another version by now.
    timeout : float
        Seconds without a byte after which the connection counts as broken.
    progress : callable of (bytes so far, bytes in all or None)
    before_body : callable of (bytes still to come or None)
        Called once the server has answered, to look for room on the disk.

    Raises
    ------
    TransferError
        Broken or stalled connection, server error, too few or too many bytes.
    InputError
        The server refuses, or sends a page instead of the file.
    """
    if source.size is not None and part.size == source.size:
        return
    answer = _ask(source, part, timeout)
    if answer is None:
        return
    with answer:
        total = _begin(answer, source, part, timeout)
        before_body(None if total is None else total - part.size)
        _receive(answer, source, part, total, progress, timeout)
    if total is not None and part.size != total:
        raise TransferError(f"the connection ended after {part.size:,} of {total:,} bytes")


def _ask(source: Source, part: PartFile, timeout: float) -> http.client.HTTPResponse | None:
    """The server's answer, its body still to come; None if all of the file is there."""
    request = urllib.request.Request(source.url, headers={"Accept-Encoding": "identity"})
    resumable = part.version or source.digest[0]  # else two versions could be joined unnoticed
    if part.size and resumable:
        request.add_header("Range", f"bytes={part.size}-")
        if part.version:
            request.add_header("If-Range", part.version)
    try:
        # an opener of its own: urlopen keeps the proxies that the environment named at first
        return urllib.request.build_opener().open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        with error:
            _refused(error, source, part)
        return None
    except _BROKEN as error:
        raise TransferError(_worded(error, timeout)) from error


def _begin(answer, source: Source, part: PartFile, timeout: float) -> int | None:
    """Ready the part file for the body that follows; the file's whole size, if told."""
    version = _version(answer.headers)
    if answer.status == 206:
        start, total = _content_range(answer.headers)
        if start != part.size or (part.version and version and version != part.version):
            part.remove()
            raise TransferError(_CHANGED)
    else:
        part.restart(version)
        length = answer.headers.get("Content-Length", "")
        total = int(length) if length.isdecimal() else None
    if source.size is not None and total is not None and total != source.size:
        part.remove()
        if answer.status == 200:  # a page has another length, too, and is worth no second attempt
            _require_file(_next_block(answer, timeout), source, answer.headers)
        raise TransferError(
            f"the server announces {total:,} bytes; the published file has {source.size:,}"
        )
    return source.size if total is None else total


def _receive(answer, source: Source, part: PartFile, total, progress, timeout: float) -> None:
    size = part.size
    with part.path.open("ab") as handle:
        while block := _next_block(answer, timeout):
            if not size:
                _require_file(block, source, answer.headers)
            handle.write(block)
            size += len(block)
            if total is not None and size > total:
                break
            progress(size, total)
    if total is not None and size > total:
        part.remove()
        raise TransferError(f"the server sent more than the {total:,} bytes of the file")


def _next_block(answer, timeout: float) -> bytes:
    """The next bytes; apart from the writing, whose errors are the disk's and not the line's."""
    try:
        return answer.read1(_AT_ONCE)
    except _BROKEN as error:
        raise TransferError(_worded(error, timeout)) from error


def _require_file(start: bytes, source: Source, headers) -> None:
    """Refuse a page that comes with status 200 instead of the file."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    page = text.startswith((b"<", b"{")) or "text/html" in headers.get("Content-Type", "")
    if page or (start and source.name.endswith(".gz") and not _GZIP.startswith(start[:2])):
        raise InputError(
            where=source.url,
            found=f"another thing than the file: {_excerpt(start)}",
            expected="gzip data" if source.name.endswith(".gz") else "a table",
            remedy="Look at the address in a browser: a login page of your network or a notice of "
            "the server may stand in between. Nothing of it was kept.",
        )


def _refused(error: urllib.error.HTTPError, source: Source, part: PartFile) -> None:
    """What to do about a status of 400 and above: nothing, come back, or give up."""
    if error.code == 416:  # the server has no such range
        total = re.fullmatch(r"bytes \*/(\d+)", error.headers.get("Content-Range", ""))
        if total and int(total[1]) == part.size:
            return  # it is all there
        part.remove()
        raise TransferError(_CHANGED) from error
    if error.code >= 500 or error.code in _PASSING:
        raise TransferError(f"the server answers {error.code} {error.reason}") from error
    try:
        body = error.read(_AT_ONCE)
    except _BROKEN:
        body = b""
    raise InputError(
        where=source.url,
        found=f"{error.code} {error.reason}: {_excerpt(body)}",
        expected="the file",
        remedy="Fetch the file in another way (a browser, another network), put it into a folder, "
        "and run with --params download.folder=FOLDER.",
    ) from error


def _version(headers) -> str:
    """A name of this version that If-Range takes: a strong ETag, or the date of change."""
    etag = headers.get("ETag", "")
    return headers.get("Last-Modified", "") if not etag or etag.startswith("W/") else etag


def _content_range(headers) -> tuple[int, int | None]:
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", ""))
    if not match:
        raise TransferError(f"a part without its place ({headers.get('Content-Range')!r})")
    return int(match[1]), None if match[2] == "*" else int(match[2])


def _worded(error: Exception, timeout: float) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return f"no byte for {timeout:g} seconds"
    return f"{type(reason).__name__}: {reason}" if str(reason) else type(reason).__name__


def _excerpt(body: bytes) -> str:
    return repr(body[:80].decode("latin-1").strip()) if body else "no explanation"
