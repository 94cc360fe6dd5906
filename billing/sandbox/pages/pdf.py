"""A PDF of plain text lines on one page: as little as a PDF reader accepts."""

from __future__ import annotations


def text_pdf(lines: list[str]) -> bytes:
    """One A4 page in Courier. Characters beyond Windows-1252 become question marks."""
    shown = b"".join(b"(" + _quoted(line) + b") Tj T*\n" for line in lines)
    stream = b"BT /F1 10 Tf 14 TL 56 780 Td\n" + shown + b"ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R "
        b"/Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\n" % (count, table, count)
        + b"startxref\n%d\n%%%%EOF\n" % len(body)
    )


def _quoted(line: str) -> bytes:
    encoded = line.replace("−", "-").encode("cp1252", "replace")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
