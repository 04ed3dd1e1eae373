"""What stands around a statement and is no part of it: share buttons, end marks, embargo lines, a second copy.

The rule for all of it: whole lines at the two ends, never a line between two of the statement's own, never a
sentence that says something. Whatever is dropped is named in a note.
"""

from __future__ import annotations

import re
from itertools import pairwise

from publisher.intake import embargo
from publisher.intake.draft import Draft, quoted, sentence
from publisher.statement import Block

_SHARE = """
twitter x facebook linkedin email e-mail mail whatsapp telegram instagram youtube bluesky mastodon threads reddit
xing messenger viber signal pinterest flickr tiktok rss
"""
_LABELS = """
share|share this|share this page|share this article|share this statement|share on social media|share via|share on
follow us|follow us on|tweet|print|print this page|copy link|copy|pdf|download|download pdf|download the pdf|save|like
news & events|news and events|news|events|latest news|more news|all news|related|related news|related content
related articles|related statements|related links|see also|read more|learn more|contacts|back|back to top|back to news|top|next
previous|previous article|next article|home|menu|search|close|contact|contact us|about us|newsletter|subscribe
subscribe to our newsletter|sign up|privacy policy|privacy|cookie policy|cookies|terms of use|legal notice
accessibility|sitemap|site map|skip to content|skip to main content|press release|press releases|news release
media release|press statement|for immediate release|immediate release|unsubscribe
view this email in your browser|view in browser|view this in your browser|read in browser
partager|partager cette page|partager sur|imprimer|courriel|actualités|actualités et événements|articles liés
à lire aussi|voir aussi|lire la suite|en savoir plus|retour|retour en haut|haut de page|accueil|nous contacter
lettre d'information|s'abonner|mentions légales|plan du site|aller au contenu|aller au contenu principal|suivez-nous
communiqué de presse|pour diffusion immédiate|voir ce courriel dans votre navigateur
afficher dans le navigateur|se désabonner|se désinscrire|suivant|précédent|télécharger
compartir|comparte|compartir en|imprimir|correo|correo electrónico|noticias|noticias y eventos|relacionado
artículos relacionados|véase también|leer más|volver|volver arriba|inicio|contacto|contáctenos|boletín|suscríbase
aviso legal|ir al contenido|síguenos|comunicado de prensa|nota de prensa|para publicación inmediata
ver este correo en su navegador|darse de baja|siguiente|anterior|descargar
teilen|seite teilen|beitrag teilen|drucken|aktuelles|nachrichten|nachrichten und veranstaltungen|veranstaltungen
verwandte artikel|siehe auch|mehr lesen|weiterlesen|zurück|nach oben|zum seitenanfang|startseite|kontakt|impressum
datenschutz|zum inhalt|zum inhalt springen|pressemitteilung|zur sofortigen veröffentlichung|im browser ansehen
im browser anzeigen|folgen sie uns|newsletter abonnieren|abmelden|herunterladen
dela|dela sidan|dela på|skriv ut|e-post|nyheter|nyheter och evenemang|relaterat|läs mer|läs också|tillbaka
till toppen|hem|kontakta oss|pressmeddelande|visa i webbläsaren|följ oss|prenumerera|avsluta prenumerationen
condividi|stampa|notizie|notizie ed eventi|leggi anche|leggi tutto|torna su|contatti|comunicato stampa
compartilhar|partilhar|notícias|notícias e eventos|leia mais|voltar|voltar ao topo|comunicado de imprensa
delen|deel deze pagina|nieuws|nieuws en evenementen|lees meer|terug|naar boven|persbericht
مشاركة|شارك|طباعة|أخبار|اقرأ المزيد|بيان صحفي|تويتر|فيسبوك|لينكد إن|البريد الإلكتروني|واتساب
شیئر کریں|پرنٹ|مزید پڑھیں|پریس ریلیز|ٹویٹر|فیس بک|ای میل
"""
_BUTTONS = frozenset(_SHARE.split())
_KNOWN = _BUTTONS | {label for row in _LABELS.strip().split("\n") for label in row.split("|")}

# Sentences that speak of the page, not of the matter. They must be a line of their own.
_PAGE = re.compile(
    r"""(?ix)
    (?:share|partager|compartir|teilen|dela|tweet)\ (?:this\ )?(?:page\ |article\ )?(?:on|via|by|sur|en|auf|på)\ \w+
    |(?:to\ |you\ can\ |please\ )?(?:view|read|see|download|find|access)\ the\ (?:full|whole|complete|entire)\ (?:joint\ )?
        (?:statement|text|declaration|document|version|release).{0,90}\b(?:below|here|page|link|document|pdf|website)
    |(?:the\ )?(?:full|complete)\ (?:joint\ )?(?:statement|text|declaration)\ (?:is\ available|can\ be\ (?:found|read|downloaded))
        .{0,60}\b(?:below|here|page|link)
    |(?:pour\ )?(?:lire|consulter|voir|télécharger)\ (?:l['’]intégralité|le\ texte\ (?:intégral|complet)
        |la\ (?:déclaration|version)\ (?:complète|intégrale)).{0,90}\b(?:ci-dessous|ici|page|lien|document|suivante)
    |(?:para\ )?(?:leer|ver|consultar|descargar|lea|vea|consulte|descargue)\ (?:el\ texto|la\ declaración|el\ comunicado|el\ documento)
        \ (?:complet[oa]|íntegr[oa]|integral).{0,90}\b(?:abajo|continuación|aquí|página|enlace|documento|siguiente)
    |(?:den\ vollständigen\ (?:text|wortlaut)|die\ vollständige\ erklärung|das\ vollständige\ dokument)
        .{0,90}\b(?:hier|unten|link|seite|dokument)\b.{0,40}
    |(?:läs|se|ladda\ ner)\ (?:hela\ )?(?:uttalandet|texten|dokumentet).{0,90}\b(?:här|nedan|sidan|länken|dokumentet)
    |للاطلاع\ على\ (?:النص\ الكامل|البيان\ الكامل|البيان\ كاملا).{0,90}
    |all\ content\ is\ available\ under\ the\ open\ government\ licen[cs]e.*
    |ref(?:erence)?\.?\ ?:\ ?[\w/.-]+
    |(?:©|\(c\)|copyright)\ .{0,80}
    |(?:home|accueil|inicio|startseite|hem)\ *[>›»/|].{0,120}
    |click\ here\ to\ (?:view|read|download|unsubscribe|share).{0,60}
    """
)
_WAY = re.compile(
    r"(?i)(?:home|accueil|inicio|startseite|hem)\s*[>›»/|](?:.{0,120}\s[>›»/|])?\s*(\S.{5,200})"
)
_MENU = 40  # lines; no site's menu is longer
# The frame some offices put around the words they quote in full; it is dropped wherever it stands.
_FRAME = re.compile(r"\W*(?:begin|end)(?:ning)?(?: of)? (?:text|statement)\W*", re.I)
_END_MARK = re.compile(
    r"[\W_]*(?:#{3,}|(?:#\s+){2,}#|-+\s*30\s*-+|–\s*30\s*–|ends?|fin|ende|slut|fine|fim|einde|انتهى|ختم شد)[\W_]*",
    re.I,
)
_NOTES = re.compile(
    r"\W*(?:notes? (?:to|for) (?:the )?(?:editors?|journalists|media)|editor['’]?s['’]? notes?|media contacts?|press contacts?"
    r"|notes? (?:aux|à l['’]attention des) (?:rédactions|journalistes|rédacteurs)|contacts? presse|notas? (?:para|a) (?:los )?(?:editores|periodistas)"
    r"|contacto de prensa|hinweise? (?:für|an) (?:die )?redaktion(?:en)?|pressekontakt|presskontakt|til redaktionen|till redaktionen)\W*",
    re.I,
)


def trim(draft: Draft) -> None:
    """Take from the draft's two ends what is no part of the statement, and keep what it was.

    Embargo lines go with it: whether they may was settled before (`embargo.heed`).
    """
    draft.dropped += [block.text for block in draft.blocks if _is(_FRAME, block.text)]
    draft.blocks = [block for block in draft.blocks if not _is(_FRAME, block.text)]
    draft.dropped += _leading(draft.blocks)
    after = _after_end(draft.blocks)
    draft.dropped += _trailing(draft.blocks)
    if after:
        draft.note(f"left out after the end of the statement, {len(after)} lines: {quoted(after, 3)}")


def label(text: str) -> bool:
    """Whether a line is a button, a menu entry or a sentence about the page."""
    return (
        _named(text)
        or (len(text) <= 200 and bool(_PAGE.fullmatch(text.strip(' .!…»«"“”'))))
        or (len(row := re.split(r"\s[|·•/]\s", text)) > 1 and all(_named(one) for one in row))
    )


def _named(text: str) -> bool:
    return _bare(text) in _KNOWN


def _bare(text: str) -> str:
    return re.sub(r"\s+", " ", text.strip(" \t.:|·•–—*[]()<>→←›»«…!")).casefold().replace("’", "'")


def _is(pattern: re.Pattern[str], text: str) -> bool:
    return len(text) <= 80 and bool(pattern.fullmatch(text))


def _around(text: str) -> bool:
    return label(text) or embargo.announced(text)


def _leading(blocks: list[Block]) -> list[str]:
    end = next((at for at, block in enumerate(blocks) if not _around(block.text)), len(blocks))
    said = next((at for at, block in enumerate(blocks) if sentence(block.text)), len(blocks))
    end = max(end, _way(blocks[: min(said, _MENU)]))
    dropped = [block.text for block in blocks[:end]]
    del blocks[:end]
    return dropped + _buttons(blocks)


def _way(blocks: list[Block]) -> int:
    """Where the site's menu was copied as well: the headline's place, right below the way to it ("Home » News » …")."""
    for at, (block, below) in enumerate(pairwise(blocks)):
        found = _WAY.fullmatch(block.text)
        if found and below.text.casefold().startswith(found[1].strip(" .…").casefold()):
            return at + 1
    return 0


def _buttons(blocks: list[Block]) -> list[str]:
    """A row of share buttons between the headline, its date and the first sentence."""
    said = next((at for at, block in enumerate(blocks) if sentence(block.text)), 0)
    row = [at for at, block in enumerate(blocks[:said]) if _named(block.text)]
    if len(row) < 2 or not any(_bare(blocks[at].text) in _BUTTONS for at in row):
        return []
    dropped = [blocks[at].text for at in row]
    blocks[:] = [block for at, block in enumerate(blocks) if at not in row]
    return dropped


def _trailing(blocks: list[Block]) -> list[str]:
    """From the end upwards; a list goes only as a whole, so that "Email" may close a list of ways to write."""
    dropped = _shared(blocks)
    while blocks:
        last = len(blocks) - 1
        if _is(_END_MARK, blocks[last].text) or re.fullmatch(r"[\W_]+", blocks[last].text):
            blocks.pop()
            continue
        while last > 0 and blocks[last].kind == "item" and blocks[last - 1].kind == "item":
            last -= 1
        if not all(_around(block.text) for block in blocks[last:]):
            break
        dropped = [block.text for block in blocks[last:]] + dropped
        del blocks[last:]
    return dropped


def _shared(blocks: list[Block]) -> list[str]:
    """A row of share buttons with nothing but titles and menus after it is where the page goes on without us."""

    def button(block: Block) -> bool:
        return block.text.strip(" .:|·•").casefold() in _BUTTONS

    last = max((at for at, block in enumerate(blocks) if sentence(block.text)), default=0)
    for at in range(last + 1, len(blocks) - 1):
        if button(blocks[at]) and button(blocks[at + 1]):
            dropped = [block.text for block in blocks[at:]]
            del blocks[at:]
            return dropped
    return []


def _after_end(blocks: list[Block]) -> list[str]:
    """What follows an end mark or a heading like "Notes to editors" is for journalists, not for publication.

    Only where it is the smaller part: a ### may also be somebody's ornament.
    """
    for at, block in enumerate(blocks):
        mark = _is(_END_MARK, block.text)
        if at and (mark or _is(_NOTES, block.text)):
            rest = blocks[at + 1 :] if mark else blocks[at:]
            if _size(rest) >= _size(blocks[:at]):
                continue
            del blocks[at:]
            return [block.text for block in rest if not label(block.text) and re.search(r"\w", block.text)]
    return []


def _size(blocks: list[Block]) -> int:
    return sum(len(block.text) for block in blocks)


def once(draft: Draft, title: str) -> None:
    """Keep a body that stands twice once: pages repeat it for print, copying repeats it by accident."""
    first: dict[str, int] = {title.casefold(): -1}
    texts = [block.text.casefold() for block in draft.blocks]
    for at, text in enumerate(texts):
        first.setdefault(text, at)
    again, latest = len(texts), -1
    for at in range(len(texts) - 1, 0, -1):
        latest = max(latest, first[texts[at]])
        if latest < at:  # everything from here on stood before
            again = at
    if _size(draft.blocks[again:]) >= max(80, _size(draft.blocks[:again]) // 2):
        del draft.blocks[again:]
        draft.note("the body stood twice; it is kept once")
