"""What stands on a page beside the statement: tails, furniture and notes on older versions, by language.

Regular expressions for text in lower case; each language's are read together with the English ones,
since pages mix them.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from publisher.summary.words import Listed, Pattern, pattern, primary

_TAIL = {
    "en": r"notes? (?:to|for) (?:the )?editors?|editor.?s notes?|(?:media |press |for (?:media|"
    r"press) )?(?:contacts?|inquiries|enquiries)|about (?:us|the|our)\b.{0,60}|boilerplate|"
    r"(?:further|more) information|related (?:content|links|news|documents)|footnotes?|endnotes?|"
    r"references|sources|share (?:this )?(?:page|article)|signator(?:y|ies)(?: states?)?|signed by|"
    r"annex\b.*|appendix\b.*",
    "fr": r"contacts? (?:presse|médias?)|à propos(?: d.{0,60})?|notes? aux rédact\w+|signataires|"
    r"pour en savoir plus|pour plus d.informations?|annexe\b.*",
    "es": r"contacto(?:s)?(?: de prensa)?|sobre (?:nosotros|la|el)\b.{0,60}|acerca de\b.{0,60}|firmantes|"
    r"más información|anexo\b.*",
    "de": r"pressekontakt|kontakt|über (?:uns|die|den|das)\b.{0,60}|hinweise? (?:an|"
    r"für) (?:die )?redaktion\w*|unterzeichner\w*|weitere informationen|anhang\b.*",
    "sv": r"presskontakt(?:er)?|om (?:oss|regeringen)|undertecknare|mer information|bilaga\b.*",
    "ru": r"контакт\w*(?: для (?:сми|прессы))?|о нас|об организации|подписали|приложение\b.*",
    "ar": r"للتواصل|للاتصال|جهات الاتصال|نبذة عن.{0,60}|عن المنظمة|الموقعون|ملاحظات للمحررين",
    "ur": r"رابطہ|رابطے|ہمارے بارے میں|دستخط کنندگان",
    "zh": r"联系方式|联系我们|媒体联系|媒体联络|聯絡方式|关于我们|關於我們|签署国|附件.{0,30}",
    "ja": r"お問い合わせ(?:先)?|連絡先|署名国|別添.{0,20}",
}
_BACKGROUND = {
    "en": r"background(?: information)?",
    "fr": r"contexte",
    "es": r"antecedentes",
    "de": r"hintergrund",
    "sv": r"bakgrund|fakta",
    "ru": r"справочно|справка",
    "ar": r"خلفية",
    "ur": r"پس منظر",
    "zh": r"背景",
    "ja": r"参考",
}
_FURNITURE = {
    "en": r"(?:read|view|see|download|get|find) (?:the |a |our |this )?(?:(?:whole|full|complete|entire|"
    r"original|joint|pdf|text of the) ?){1,3}(?:statement|text|article|story|declaration|report|"
    r"document|here|version)|click(?:ing)? here|view (?:the )?(?:document|this e-?mail|"
    r"it) (?:below|in your browser)|(?:can be|is) (?:found|read|viewed|accessed|downloaded|"
    r"available) (?:here|online|below|at the following|on the website|in full|at https?:)|"
    r"\bunsubscribe\b|subscribe (?:to|here)|follow us\b|share (?:this|on)\b|"
    r"all rights reserved|licen[cs]e v\d|^(?:see|visit|watch|consult|voir|consulter|véase|visite|siehe|se|см\.?|参见) (?:also |aussi |también |auch |även |также )?(?:https?:|www\.)|^see .{2,120} for (?:more |further )?(?:details|information)\b|(?:our|the|my|a|this) (?:next|last|previous|earlier) (?:blog )?(?:post|article)s?\b|^this (?:post|article|page|guide) (?:provides|explains|describes|covers|looks|will|offers|shows)\b|^(?:to )?(?:learn|read|find out) more\b|^(?:learn|find out|read) (?:what|how|why)\b|(?:learn|read|find out) more (?:here|at |on (?:our|the) )|"
    r"(?:learn|read|find out) more[.:]?$|for (?:more|further|additional) (?:information|details),? (?:please|visit|contact|see|go|about|on|"
    r"call|write|is|are)\b|for (?:more|further) (?:information|details)\W*$|the following is (?:the|"
    r"a) (?:full )?(?:text|list|statement)|^(?:begin|end) text\b|check against delivery|"
    r"for immediate release|embargo(?:ed)? (?:until|till|for)|not (?:for|to be) (?:publication|release[d]?|published)|"
    r"^(?:photo|image|video|source|caption|published|updated|last updated|listen|watch|tags?|"
    r"posted)\s?[-–:]|originally (?:published|posted)|this (?:post|article|statement|text) (?:was|is|"
    r"has been) (?:originally |first |also )?(?:published|posted|available|updated|co-?authored|"
    r"written)|editor[’']s note|rsvp\b",
    "fr": r"cliquez|\bce billet\b|lire (?:la suite|le texte|l.article)|texte intégral|pour (?:plus d.informations?|"
    r"en savoir plus)|abonnez-vous|suivez-nous|partager (?:sur|cette)|sous embargo",
    "es": r"haga clic|pulse aquí|leer (?:más|el texto)|texto (?:completo|íntegro)|para más información|"
    r"suscríba|síganos|compartir (?:en|esta)|embargad[oa] hasta",
    "de": r"hier klicken|klicken sie|weiterlesen|den vollständigen (?:text|wortlaut)|"
    r"vollständige erklärung (?:finden|lesen)|weitere informationen (?:finden|unter|gibt)|abonnieren|"
    r"folgen sie uns|sperrfrist",
    "sv": r"klicka här|läs (?:mer|hela)|för mer information|prenumerera|följ oss|dela (?:på|sidan)|"
    r"embargo till",
    "ru": r"нажмите|читать (?:далее|полн)|полный текст|подробнее (?:на|по|см)|подписывайтесь|подпишитесь|"
    r"поделиться|эмбарго до|для получения дополнительной",
    "ar": r"انقر|اضغط هنا|اقرأ (?:المزيد|النص)|النص الكامل|لمزيد من المعلومات|تابعونا|محظور النشر",
    "ur": r"اشاعت کے لی|یہاں کلک|مکمل (?:متن|بیان) (?:پڑھ|یہاں)|مزید معلومات کے لی|ہمیں فالو",
    "zh": r"禁止(?:发布|發布|发表|刊登)|点击|點擊|阅读(?:全文|原文)|全文(?:如下|请)|订阅|关注我们|分享到|更多(?:信息|資訊)",
    "ja": r"報道解禁|解禁(?:日時|まで)|クリック|全文(?:は|を)|詳細は|詳しくは|購読|フォロー|シェア",
}
_OLDER = {
    "en": r"^(?:\W*(?:update|updated|correction|corrected|clarification)\b[^:]{0,30}:)|earlier version|correction\b|corrected\b|errat(?:um|a)\b|wrongly (?:said|stated|gave)|"
    r"previously (?:said|stated|reported)|(?:initial|early|first|preliminary|unconfirmed|"
    r"earlier) (?:reports?|figures?|estimates?|counts?)|was (?:first|initially|originally) reported|"
    r"initially (?:said|reported|put)|(?:so far|as of (?:now|\d)).{0,80}\b(?:killed|dead|died|deaths?|injured|wounded|missing)\b|"
    r"\b(?:killed|dead|died|deaths?|injured|wounded|missing)\b.{0,80}(?:so far|as of (?:now|\d))|(?:death )?toll (?:is|was) (?:expected|likely|feared|set)|feared dead",
    "fr": r"version précédente|rectificatif|erratum|corrig\w+|premi(?:ers?|ères?) (?:rapports?|"
    r"estimations?|bilans?|informations?)|bilan (?:provisoire|initial|précédent)",
    "es": r"versión anterior|fe de erratas|correcci[óo]n|corregid\w+|primer(?:os|as)? (?:informes?|"
    r"estimaciones?|cifras)|cifras? (?:inicial|preliminar|anterior)\w*",
    "de": r"frühere[nr]? fassung|berichtigung|korrektur|korrigiert\w*|erste[nr]? (?:berichte\w*|"
    r"schätzung\w*|meldung\w*|angaben)|vorläufige\w* (?:zahlen|angaben)",
    "sv": r"tidigare version|rättelse|korriger\w+|rättad\w*|(?:första|preliminära|tidigare) (?:rapporter|"
    r"uppgifter|siffror)",
    "ru": r"предыдущ\w+ верси\w+|исправлен\w*|уточнени\w+|(?:первы\w+|"
    r"предварительн\w+) (?:данны\w+|сообщени\w+|оценк\w+)",
    "ar": r"نسخة سابقة|تصحيح|تصويب|(?:تقارير|تقديرات|أرقام) (?:أولية|سابقة)",
    "ur": r"تصحیح|سابقہ (?:ورژن|متن)|ابتدائی (?:اطلاعات|رپورٹ\w*|اندازوں)",
    "zh": r"更正|勘误|勘誤|此前版本|初步(?:报告|统计|報告|統計)",
    "ja": r"訂正|以前の版|速報値|暫定値",
}

_CONTACT = (
    r"(?:^|\s)(?:tel|tél|telefon|teléfono|phone|fax|mob(?:ile)?|e-?mail|courriel|correo|тел|هاتف|فون|电话|電話)\s?\.?\s?[:：]"
    r"|(?:media|press) (?:contact|office|enquir|inquir)|(?<!\w)[\w.+-]+@[\w-]+\.\w{2,}|(?<!\d)\+\d{1,3}[\s()\d.-]{7,}|switchboard|out of hours"
)


class Page(NamedTuple):
    """`tail` is a heading under which no news stands, `background` one late in the text; `furniture` speaks
    to the visitor, `older` of a version or a figure that no longer holds; `contact` is one's address."""

    tail: Pattern
    background: Pattern
    furniture: Listed
    older: Listed
    contact: Pattern


@cache
def page(tag: str) -> Page:
    """The patterns for a BCP 47 tag: its own beside the English ones; `\\b` first, since a search tries each position."""
    language = primary(tag)
    spaced = language not in ("zh", "ja")
    bound = r"\b" if spaced else ""

    def both(table: dict[str, str]) -> str:
        own = f"|{bound}(?:{table[language]})" if language in table and language != "en" else ""
        return table["en"] + own if spaced else rf"\b(?:{table['en']}){own}"

    def heading(table: dict[str, str]) -> Pattern:
        return pattern(rf"[\W\d]*{bound}(?:{both(table)})[\W\d]*")

    furniture, older = (Listed(bound, both(table), spaced=spaced) for table in (_FURNITURE, _OLDER))
    return Page(heading(_TAIL), heading(_BACKGROUND), furniture, older, pattern(_CONTACT))
