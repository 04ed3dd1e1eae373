"""Word and PDF files as statements; what cannot be read for certain is refused in a sentence."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import docx
import pytest
from docx.shared import Pt
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from publisher.errors import StatementError
from publisher.intake import read
from publisher.statement import Statement

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TITLE = "Nine Governments Adopt a Charter for Safe Hospitals"
FIRST = "The ministers of nine countries adopted a charter for safe hospitals in Lund on 3 May 2026."
SECOND = "It commits each of them to report an attack within 24 hours, and to share what was learnt from it."


def word(build: Callable[[Any], None]) -> bytes:
    document = docx.Document()
    build(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def taken(data: bytes, **options: Any) -> Statement:
    return read("-", stdin=data, **options)


def blocks(made: Statement) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in made.blocks]


def inserted(paragraph: Any, markup: str) -> None:
    paragraph._p.append(etree.fromstring(f'<w:x xmlns:w="{W}">{markup}</w:x>')[0])


# ---------------------------------------------------------------- Word


def test_a_word_document_becomes_the_words_a_reader_sees() -> None:
    def build(d: Any) -> None:
        d.add_heading(TITLE, 0)
        d.add_paragraph("Lund, 3 May 2026")
        d.add_paragraph(FIRST)
        d.add_heading("What we will do", 2)
        d.add_paragraph("Report attacks within 24 hours.", style="List Bullet")
        d.add_paragraph("Share what was learnt.", style="List Number")
        d.add_paragraph("Nobody should wait for a bed.", style="Quote")
        d.add_paragraph().add_run("In bold, and no sentence").bold = True
        table = d.add_table(2, 2)
        for cell, said in zip(table._cells, ("Country", "Beds", "Norway", "14"), strict=True):
            cell.text = said
        d.add_paragraph(SECOND)
        d.sections[0].header.paragraphs[0].text = "Letterhead"
        d.core_properties.title = "Document1"
        d.core_properties.language = "de-DE"

    made = taken(word(build))
    assert (made.title, made.language) == (TITLE, "en")
    assert blocks(made) == [
        ("paragraph", FIRST), ("heading", "What we will do"), ("item", "Report attacks within 24 hours."),
        ("item", "Share what was learnt."), ("quote", "Nobody should wait for a bed."), ("heading", "In bold, and no sentence"),
        ("item", "Country | Beds"), ("item", "Norway | 14"), ("paragraph", SECOND),
    ]  # fmt: skip
    assert any("Lund, 3 May 2026" in note for note in made.notes)


@pytest.mark.parametrize("how", ["heading", "largest", "first line"])
def test_the_title_is_found_whatever_it_is_made_with(how: str) -> None:
    def build(d: Any) -> None:
        if how == "heading":
            d.add_heading(TITLE, 1)
        else:
            if how == "largest":
                d.add_paragraph("Harbour Council")
            d.add_paragraph().add_run(TITLE).font.size = Pt(20) if how == "largest" else None
        d.add_paragraph(FIRST)
        d.add_paragraph(SECOND)

    made = taken(word(build))
    assert made.title == TITLE
    assert blocks(made) == [("paragraph", FIRST), ("paragraph", SECOND)]


def test_hidden_words_notes_and_comments_are_no_part_of_it_and_are_named() -> None:
    def build(d: Any) -> None:
        d.add_heading(TITLE, 0)
        paragraph = d.add_paragraph(FIRST)
        run = paragraph.add_run(" NOT FOR PUBLICATION")
        run.font.hidden = True
        inserted(paragraph, '<w:r><w:footnoteReference w:id="2"/></w:r>')
        d.add_comment(paragraph.runs[0], text="is this final?", author="B")

    made = taken(word(build))
    assert blocks(made) == [("paragraph", FIRST)]
    notes = " ".join(made.notes)
    assert "hidden text" in notes and "footnotes" in notes and "comments" in notes


def test_tracked_changes_are_refused() -> None:
    """Nobody can tell which of the two was approved."""

    def build(d: Any) -> None:
        d.add_heading(TITLE, 0)
        paragraph = d.add_paragraph("The ministers ")
        inserted(paragraph, '<w:ins w:id="1" w:author="B"><w:r><w:t>of nine countries </w:t></w:r></w:ins>')
        inserted(paragraph, '<w:del w:id="2" w:author="B"><w:r><w:delText>of ten </w:delText></w:r></w:del>')

    with pytest.raises(StatementError, match="2 tracked changes; accept or reject"):
        taken(word(build))


def test_text_boxes_frames_and_line_breaks_lose_nothing() -> None:
    """A box's words stand after the paragraph it hangs on; its copy for old programs is not read twice."""
    box = "<w:txbxContent><w:p><w:r><w:t>Words in a box that hangs on it.</w:t></w:r></w:p></w:txbxContent>"
    both = (
        '<w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f'<mc:Choice Requires="wps">{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>'
    )

    def build(d: Any) -> None:
        d.add_heading(TITLE, 0)
        inserted(d.add_paragraph(FIRST), both)
        d.add_table(1, 1)._cells[0].text = SECOND
        run = d.add_paragraph("Jane Doe, Minister").add_run()
        run.add_break()
        run.add_text("John Roe, Minister")
        control = "<w:sdt><w:sdtContent><w:p><w:r><w:t>In a content control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
        row = f"<w:sdt><w:sdtContent><w:tr>{cell.format('Norway')}{cell.format('14')}</w:tr></w:sdtContent></w:sdt>"
        d.element.body.insert(2, etree.fromstring(f'<w:x xmlns:w="{W}"><w:tbl>{row}</w:tbl></w:x>')[0])
        d.element.body.insert(2, etree.fromstring(f'<w:x xmlns:w="{W}">{control}</w:x>')[0])

    said = [text for _, text in blocks(taken(word(build)))]
    assert said == [FIRST, "Words in a box that hangs on it.", "In a content control.", "Norway | 14", SECOND, "Jane Doe, Minister", "John Roe, Minister"]  # fmt: skip


def test_a_linked_pdf_is_offered_as_the_document() -> None:
    def build(d: Any) -> None:
        d.add_heading(TITLE, 0)
        paragraph = d.add_paragraph(f"{FIRST} See ")
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
        to = d.part.relate_to("https://www.example.org/charter.pdf", kind, is_external=True)
        link = f'<w:hyperlink xmlns:r="{kind.rpartition("/")[0]}" r:id="{to}"><w:r><w:t>the charter</w:t></w:r></w:hyperlink>'
        inserted(paragraph, link)

    made = taken(word(build))
    assert [(m.kind, m.url, m.title) for m in made.media] == [
        ("document", "https://www.example.org/charter.pdf", "the charter")
    ]
    assert made.blocks[0].text.endswith("See the charter")


def test_embargo_wording_in_a_word_document_is_heeded() -> None:
    def build(d: Any) -> None:
        d.add_heading(TITLE, 0)
        d.add_paragraph("EMBARGOED UNTIL 10:00 CET, 3 May 2026")
        d.add_paragraph(FIRST)

    with pytest.raises(StatementError, match="embargo"):
        taken(word(build))
    assert taken(word(build), embargo="2026-05-03T10:00+02:00").embargo


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (zipped(readme=b"x"), "a ZIP archive and no Word document"),
        (zipped(content_xml=b"<x/>", mimetype=b"application/vnd.oasis"), "OpenDocument"),
        (zipped(word__document_xml=b" " * 30_000_000), "far larger unpacked"),
        (zipped(word__document_xml=b"<w:document/>"), "cannot be opened"),
        (word(lambda d: d.add_heading(TITLE, 0))[:-200], "cannot be opened"),
        (b"PK\x03\x04" + b"\0" * 500, "cannot be opened"),
        (word(lambda d: None), "has no title"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 100, "save it as DOCX"),
        (b"{\\rtf1 hello}", "save it as DOCX"),
    ],
)
def test_what_is_no_word_document_is_refused_in_a_sentence(data: bytes, says: str) -> None:
    with pytest.raises(StatementError, match=says):
        taken(data)


# ---------------------------------------------------------------- PDF

FONTS = ("Helvetica", "Helvetica-Bold")


def pdf(*pages: list[tuple[float, float, float, str]], bold: float = 14) -> bytes:
    """A small PDF: each page a list of (x, y, size, text); what is at least `bold` points tall is bold."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    objects += [f"<< /Type /Font /Subtype /Type1 /BaseFont /{f} /Encoding /WinAnsiEncoding >>" for f in FONTS]
    kids = []
    for lines in pages:
        said = "".join(
            f"BT /F{2 if size >= bold else 1} {size} Tf 1 0 0 1 {x} {y} Tm ({_escaped(text)}) Tj ET\n"
            for x, y, size, text in lines
        )
        objects.append(f"<< /Length {len(said.encode('cp1252'))} >>\nstream\n{said}endstream")
        kids.append(len(objects) + 1)
        fonts = "/Font << /F1 3 0 R /F2 4 0 R >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << {fonts} >> /Contents {len(objects)} 0 R >>"
        )
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(f'{k} 0 R' for k in kids)}] /Count {len(kids)} >>"
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    return (
        out
        + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\n"
        f"startxref\n{len(out)}\n%%EOF\n".encode()
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def column(
    paragraphs: list[str], top: float = 700, width: int = 70, size: float = 11
) -> list[tuple[float, float, float, str]]:
    """Paragraphs as a typesetter puts them: lines of at most `width` letters, more room between two paragraphs."""
    import textwrap

    lines, y = [], top
    for paragraph in paragraphs:
        for text in textwrap.wrap(paragraph, width, break_on_hyphens=False):
            lines.append((72.0, y, size, text))
            y -= size * 1.25
        y -= size * 0.8
    return lines


PARAGRAPHS = [
    f"{FIRST} The charter (a first of its kind) was negotiated for two years, and is open to all governments of the region.",
    "It costs EUR 4.5 million a year; half of it is for the smallest members.",
    f"{SECOND} A report on what became of it is due in 2027, and every year from then on.",
]


def test_a_pdf_becomes_paragraphs_without_what_stands_on_every_page() -> None:
    """Headline of two lines, running heads, page numbers, a footnote; a paragraph that goes on over the page."""
    head = [(72.0, 810.0, 8.0, "Harbour Council"), (290.0, 30.0, 8.0, "Page 1 of 2")]
    title = [
        (72.0, 770.0, 18.0, "Nine Governments Adopt a Charter"),
        (72.0, 748.0, 18.0, "for Safe Hospitals"),
    ]
    one = [*head, *title, (72.0, 725.0, 11.0, "Lund, 3 May 2026"), *column(PARAGRAPHS)]
    cut = one.pop()
    two = [(72.0, 810.0, 8.0, "Harbour Council"), (72.0, 700.0, 11.0, cut[3])]
    two += [
        *column(["- Report attacks.", "- Share what was learnt."], 670),
        (290.0, 30.0, 8.0, "Page 2 of 2"),
    ]
    two.append((72.0, 60.0, 7.0, "1 Norway joined later."))
    made = taken(pdf(one, two))
    assert (made.title, made.language) == (TITLE, "en")
    assert blocks(made) == [("paragraph", p) for p in PARAGRAPHS] + [
        ("item", "Report attacks."), ("item", "Share what was learnt."),
    ]  # fmt: skip
    notes = " ".join(made.notes)
    assert (
        "Harbour Council" in notes
        and "Norway joined later" in notes
        and "compare it with the original" in notes
    )


WORD_OF = st.text("abcdefghijklmnoprstuvw", min_size=1, max_size=12)
SENTENCES = st.lists(WORD_OF, min_size=3, max_size=20).map(lambda words: " ".join(words).capitalize() + ".")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    paragraphs=st.lists(
        st.lists(SENTENCES, min_size=1, max_size=3).map(" ".join), min_size=2, max_size=8, unique=True
    ),
    width=st.integers(50, 95),
    size=st.sampled_from([9.0, 10.5, 12.0]),
)
def test_any_paragraphs_come_back_as_they_were_set(paragraphs: list[str], width: int, size: float) -> None:
    """Over several pages, with a running head and page numbers; no word is lost, joined or moved."""
    lines = [(72.0, 770.0, 20.0, TITLE), *column(paragraphs, 720.0, width, size)]
    pages: list[list[tuple[float, float, float, str]]] = []
    for x, y, tall, said in lines:
        page = int((770.0 - y) // 660)
        while len(pages) <= page:
            pages.append([(72.0, 815.0, 8.0, "Harbour Council"), (290.0, 30.0, 8.0, f"{len(pages) + 1}")])
        pages[page].append((x, y + 660.0 * page, tall, said))
    assume(sum(map(len, paragraphs)) > 60)  # less than the letterhead has
    made = taken(pdf(*pages), title=TITLE, language="en")
    assert " ".join(block.text for block in made.blocks) == " ".join(paragraphs)
    if len(pages) == 1:  # at the end of a page nobody can tell whether a paragraph ends as well
        assert [block.text for block in made.blocks] == paragraphs


def test_a_word_that_was_parted_at_a_line_s_end_is_one_word() -> None:
    """Where the text elsewhere has it whole; else the hyphen stays, and a note says so."""
    lines = [
        (72.0, 770.0, 18.0, TITLE),
        (72.0, 700.0, 11.0, "The governments agreed on an early-"),
        (72.0, 686.0, 11.0, "warning service for all hospi-"),
        (72.0, 672.0, 11.0, "tals. Many hospitals asked for it."),
    ]
    made = taken(pdf(lines))
    assert (
        made.text
        == "The governments agreed on an early-warning service for all hospitals. Many hospitals asked for it."
    )
    assert any("“early-warning”" in note for note in made.notes) and not any(
        "“hospi-tals”" in n for n in made.notes
    )


def test_a_raised_figure_is_a_footnote_mark_and_no_part_of_a_number() -> None:
    """But m² stays m², in both kinds of document."""
    lines = [(72.0, 770.0, 18.0, TITLE), (72.0, 700.0, 11.0, "The ministers agreed"), (176.0, 704.0, 6.5, "1"),
             (180.0, 700.0, 11.0, " on wards of 20 m"), (263.0, 704.0, 6.5, "2"), (267.0, 700.0, 11.0, " for each patient.")]  # fmt: skip

    def build(d: Any) -> None:
        d.add_heading(TITLE, 0)
        paragraph = d.add_paragraph("The ministers agreed")
        for said in ("1", " on wards of 20 m", "2", " for each patient."):
            paragraph.add_run(said).font.superscript = said.isdigit()

    for made in (taken(pdf(lines)), taken(word(build))):
        assert made.text == "The ministers agreed on wards of 20 m² for each patient."


def test_a_pdf_of_one_size_has_its_first_line_as_title() -> None:
    made = taken(pdf([(72.0, 770.0, 11.0, TITLE), *column(PARAGRAPHS)]))
    assert made.title == TITLE
    assert [b.text for b in made.blocks] == PARAGRAPHS


def locked(data: bytes, password: str) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


WHOLE = pdf([(72.0, 770.0, 18.0, TITLE), *column(PARAGRAPHS)])


def test_a_pdf_that_anybody_may_open_is_read_though_it_is_encrypted() -> None:
    assert taken(locked(WHOLE, "")).title == TITLE


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (pdf([]), "holds no text"),
        (locked(WHOLE, "secret"), "protected by a password"),
        (b"%PDF-1.4\nnothing", "cannot be read as a PDF"),
        (WHOLE[:300], "cannot be read as a PDF|holds no text"),
        (pdf(*[[(72.0, 700.0, 11.0, "x")]] * 201), "201 pages"),
    ],
    ids=["no text", "password", "nothing", "cut off", "endless"],
)
def test_a_pdf_that_cannot_be_read_is_refused_in_a_sentence(data: bytes, says: str) -> None:
    with pytest.raises(StatementError, match=says) as refused:
        taken(data)
    assert "\n" not in str(refused.value)


def test_a_pdf_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a page too."""
    from publisher.intake import pdf as reader

    monkeypatch.setattr(reader, "PATIENCE", -1.0)
    with pytest.raises(StatementError, match="takes too long to read"):
        taken(WHOLE)


def test_text_from_right_to_left_is_refused() -> None:
    """pypdf runs Arabic words together; a wrong quotation is worse than none."""
    from publisher.intake import pdf as reader

    lines = [reader._Line("بيان مشترك بشأن حماية المستشفيات", 72, 700, 11, False, 0)]
    with pytest.raises(StatementError, match="right to left"):
        reader._refuse([lines], "a.pdf")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (WHOLE, "application/pdf"),
        (word(lambda d: (d.add_heading(TITLE, 0), d.add_paragraph(FIRST))),
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ],
    ids=["pdf", "docx"],
)  # fmt: skip
def test_a_document_at_an_address_links_to_that_address(data: bytes, kind: str) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/charter"
        made = read(url, allow_hosts=["127.0.0.1"])
        server.shutdown()
    assert (made.title, made.url) == (TITLE, url)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_document_gives_a_statement_or_a_sentence(data: st.DataObject) -> None:
    """Bytes changed, cut out or cut off: never another error."""
    damaged = bytearray({"pdf": WHOLE, "docx": WORD}[data.draw(st.sampled_from(["pdf", "docx"]))])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(8, len(damaged) - 1))
        if data.draw(st.booleans()):
            damaged[at] = data.draw(st.integers(0, 255))
        else:
            del damaged[at : at + data.draw(st.integers(1, 40))]
    try:
        made = taken(bytes(damaged))
    except StatementError as error:
        assert "\n" not in str(error)
    else:
        assert made.title


WORD = word(lambda d: (d.add_heading(TITLE, 0), d.add_paragraph(FIRST), d.add_table(1, 2)))
