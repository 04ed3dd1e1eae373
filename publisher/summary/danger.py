"""What makes a sentence dangerous away from its neighbours or its heading, by language.

`back`: how the next sentence begins that denies it, or makes a promise depend on something. `myths`: a heading
that takes back what stands under it. `claims`: words with which somebody else's view is handed on. `you`: how
a sentence begins that speaks to one reader; `lists`, one that announces what follows; `half`, one of which the
other half is elsewhere, unless it has `other` itself. Regular expressions for text in lower case.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from publisher.summary.said import Said
from publisher.summary.words import Listed, Pattern, pattern, primary

_BACK = {
    "en": r"(?:this|that|it|these|those|such|the|all of (?:this|it))(?: (?:claims?|allegations?|accusations?|reports?|assertions?|rumou?rs?|stories|story|suggestions?))?"
    r" (?:is|are|was|were) (?:\w+ly )?(?:not (?:true|the case|so|correct|accurate)|false|untrue|wrong|incorrect|a lie|lies|baseless|unfounded|misleading|nonsense|fabricated|without foundation|fake)\b"
    r"|nothing (?:could be|is) further|no such [\w’' ]{3,40} (?:was|were|has|have|is|are|exists?|took)\b|not so[.,:]|wrong[.!]|false[.!]"
    r"|we (?:\w+ly )?(?:disagree|deny|refute|dispute)\b|we (?:\w+ly )?(?:reject|repudiate) (?:this|that|these|those|such|it)\b"
    r"|(?:the [\w ]{3,40}|we) (?:\w+ly )?(?:denies|deny|refutes?|rejects?) (?:this|that|these|those|the|such|all) (?:claims?|allegations?|accusations?|reports?|assertions?|rumou?rs?|charges)\b"
    r"|only (?:if|when|once|after|where|on condition|on the condition)\b|(?:this|that|it|these) (?:applies|apply|holds?|is true|is valid|is the case|(?:will|can|may) (?:apply|happen|only)) only\b"
    r"|provided\b|(?:there (?:is|are)|on|under) (?:one|two|three|some|a|certain|strict|the following|these) (?:\w+ )?conditions?\b|the (?:only )?condition\b|conditions? (?:apply|applies)|subject to\b|unless\b|except\b",
    "fr": r"(?:c[’']est|cela est|ceci est|tout cela est|ces \w+ sont)(?: \w+ment)? (?:faux|fausses?|infondé\w*|mensong\w+|un mensonge|inexact\w*|erroné\w*)|il n[’']en est rien|ce n[’']est pas (?:vrai|le cas|exact)|cela n[’']est pas|rien n[’']est plus faux"
    r"|nous (?:\w+ )?(?:démentons|contestons|récusons)|nous (?:les |le |la )?rejetons ces|à (?:une|deux|la|cette) (?:seule )?conditions?|à condition|sous réserve|uniquement si|seulement si|sauf si|pourvu que|pour autant que",
    "es": r"(?:esto|eso|ello|todo ello|todo esto) (?:es (?:falso|mentira|inexacto)|no es (?:cierto|verdad|así))|es (?:falso|mentira)[.!]|no es (?:cierto|verdad|así)[.!]|son (?:falsas|falsos|infundadas)|est[ao]s \w+ son (?:fals\w+|infundad\w+)|nada más lejos"
    r"|(?:lo |las |los )?(?:desmentimos|negamos|rechazamos (?:est|es))|con (?:una|la|esta|dos) (?:sola |única )?condici[óo]n|a condición|siempre que|siempre y cuando|solo si|sólo si|únicamente si|salvo que|a menos que",
    "de": r"(?:das|dies|all das) (?:ist|war) (?:\w+ )?(?:falsch|unwahr|unzutreffend|gelogen|eine lüge|nicht (?:wahr|richtig|der fall))|(?:das|dies) (?:trifft|stimmt) (?:\w+ )?nicht|diese \w+ (?:ist|sind) (?:\w+ )?(?:falsch|unwahr|haltlos|unbegründet)"
    r"|wir (?:weisen|bestreiten|dementieren) (?:das|dies\w*)|(?:voraussetzung|bedingung)\b|unter (?:einer|der) (?:\w+ )?(?:bedingung|voraussetzung)|vorausgesetzt|nur (?:wenn|falls|sofern)|sofern\b|es sei denn|dies gilt nur|das gilt nur",
    "sv": r"(?:det|detta|allt detta) är (?:\w+ )?(?:falskt|fel|osant|lögn|en lögn|inte (?:sant|fallet|riktigt))|(?:det|detta) stämmer inte|(?:påståendet|påståendena|uppgifterna) är|vi (?:\w+ )?(?:förnekar|dementerar|tillbakavisar) (?:det|detta|dessa)"
    r"|(?:ett|två|enda) villkor|villkoret\b|under förutsättning|förutsatt|endast om|bara om|detta gäller (?:bara|endast)|såvida",
    "ru": r"(?:это|всё это|все это) (?:\w+ )?(?:ложь|неправда|не так|не соответствует|клевета|выдумка)|эти (?:обвинения|утверждения|сообщения) (?:\w+ )?(?:ложны|лживы|беспочвенны|необоснованны|не соответствуют)|ничего подобного|мы (?:\w+ )?(?:отвергаем|опровергаем|отрицаем) эт"
    r"|при (?:\w+ )?услови\w+|с условием|только если|лишь если|если только|условие\b|за исключением",
    "ar": r"(?:و)?(?:هذا|ذلك|وهذا|كل ذلك|هذه \w+|تلك \w+) (?:\w+ )?(?:غير صحيحة?|ليست? صحيحا?ة?|كاذبة?|كذب|باطلة?|عارية? (?:عن|من) الصحة|لا أساس)|لا صحة ل|هذا ليس صحيح|ننفي|(?:و)?نرفض هذه (?:الادعاءات|المزاعم|الاتهامات)"
    r"|شريطة|بشرط|(?:و)?يشترط|ما لم\b|إلا إذا|فقط إذا|رهنا",
    "ur": r"یہ (?:\w+ )?(?:جھوٹ|غلط|بے بنیاد|درست نہیں|سچ نہیں)|ایسا (?:کچھ )?نہیں|ہم (?:اس|ان) (?:\w+ )?(?:کی|کو) (?:تردید|مسترد)|بشرطیکہ|شرط یہ|اس شرط پر|صرف اس صورت|صرف اگر|ماسوائے",
    "zh": r"(?:这|這|此|该说法|該說法|这种说法|這種說法|上述说法|上述說法)(?:完全|纯粹)?(?:不是事实|不是事實|不属实|不屬實|不实|不實|是虚假|是虛假|是谎言|是謊言|是错误|是錯誤|纯属|純屬|并非|並非|绝非|絕非)|事实并非|事實並非|我们(?:坚决)?(?:否认|駁斥|驳斥)|我們(?:堅決)?(?:否認|駁斥)"
    r"|前提|条件是|條件是|只有在|仅当|僅當|除非|但书",
    "ja": r"(?:これ|それ|この(?:主張|報道|指摘))(?:は|ら?は)(?:全くの|まったくの)?(?:事実(?:では|に反)|事実無根|虚偽|誤り|嘘|うそ|誤報)|事実ではない|そのような事実はない|事実無根|我々はこれを否定|ただし|条件は|その条件|〜に限る",
}
_MYTHS = {
    "en": r"\bmyths?\b|\bfalse (?:claims?|statements?|rumou?rs?|reports?)\b|\b(?:mis|dis)information (?:about|on|that|circulating)\b|\brumou?rs?\b|\bmisconceptions?\b|\bfalsehoods?\b|\bwhat (?:they|critics|opponents) (?:say|claim)\b"
    r"|\b(?:rejected|defeated|withdrawn) (?:amendments?|proposals?|motions?)\b|\b(?:amendments?|proposals?|motions?)\b.{0,20}\b(?:rejected|not adopted|withdrawn|defeated)\b|\ballegations?\b|\bminority (?:opinion|report|view)|\bdissent",
    "fr": r"\bmythes?\b|idées (?:reçues|fausses)|fausses? (?:informations?|nouvelles?|affirmations?)|\brumeurs?\b|\bcontre-?vérités?\b|amendements? rejetés?|propositions? rejetées?|\ballégations?\b|opinion (?:minoritaire|dissidente)",
    "es": r"\bmitos?\b|\bbulos?\b|ideas falsas|falsas? (?:afirmaci|acusaci|noticia)\w*|\brumor(?:es)?\b|enmiendas? rechazadas?|propuestas? rechazadas?|\bacusaciones\b|voto particular|opinión (?:minoritaria|disidente)",
    "de": r"\bmythen?\b|\bmythos\b|falsch(?:meldung|behauptung|aussage|information)\w*|\birrtümer\b|\bgerüchte?\b|abgelehnte? (?:änderung|antr)\w*|behauptungen\b|minderheits(?:votum|meinung)|sondervotum",
    "sv": r"\bmyt(?:er)?\b|falska påståenden|\brykten?\b|felaktiga påståenden|avvisade förslag|\bpåståenden\b|reservation(?:er)?\b",
    "ru": r"\bмиф\w*|\bфейк\w*|\bслухи\b|ложн\w+ (?:утвержден|обвинен|сообщен)\w+|заблужден\w+|отклон[её]нн\w+ (?:поправ|предложен)\w+|особое мнение|\bобвинения\b",
    "ar": r"شائعات|إشاعات|خرافات|أكاذيب|مزاعم|ادعاءات|أخبار كاذبة|تعديلات مرفوضة|رأي الأقلية",
    "ur": r"افواہیں|غلط فہمیاں|جھوٹے (?:دعوے|الزامات)|الزامات|خرافات|مسترد شدہ",
    "zh": r"谣言|謠言|迷思|误区|誤區|误解|誤解|不实(?:信息|指控)|不實(?:資訊|指控)|虚假(?:信息|指控)|被否决|被否決|少数意见|少數意見|指控",
    "ja": r"誤解|デマ|うわさ|噂|神話|誤情報|虚偽の|否決された|少数意見|反対意見",
}
_CLAIMS = {
    "en": r"claim(?:s|ed)?|alleg\w+|accus\w+|insist(?:s|ed)|critics|opponents|so-called|regime|junta|dissent\w*|argue[sd]?|minority|voted against"
    r"|(?:some|many|others|few)(?: \w+)? (?:say|believe|think|argue|claim|hold|feel|fear)|it is (?:often|sometimes|widely) (?:said|believed|claimed|held)|is said to|are said to|one (?:member|delegation)\b",
    "fr": r"prétend\w*|minorité|opposants?|détracteurs|soi-disant|allègu\w+|accus\w+|régime de|d[’']aucuns|certains (?:pensent|disent|affirment|estiment)|aurai(?:t|ent)",
    "es": r"presunt\w+|minoría|opositor\w*|detractores|supuest\w+|alega\w*|acusa\w*|régimen de|algunos (?:dicen|creen|piensan|afirman|sostienen)|habrían?",
    "de": r"behaupt\w+|angeblich\w*|minderheit\w*|gegner\w*|kritiker\w*|sogenannt\w*|mutmaßlich\w*|regime\w*|manche (?:meinen|sagen|glauben)|einige (?:meinen|sagen|glauben)",
    "sv": r"påstå\w+|påstod\w*|minoritet\w*|motståndare\w*|kritiker\w*|så kallad\w*|hävda\w*|regimen\w*|vissa (?:menar|säger|anser|tror)|någon hävdar",
    "ru": r"якобы|утвержда\w+|меньшинств\w*|противник\w*|критик[иа]\w*|так называем\w+|обвиня\w+|режим\w*|некоторые (?:считают|говорят|полагают)",
    "ar": r"[يت]?زعم\w*|زعمت|أقلية|الأقلية|خصوم\w*|معارض\w*|ما يسمى|يدعي\w*|تدعي\w*|يتهم\w*|النظام|البعض (?:يقول|يرى|يعتقد)",
    "ur": r"مبینہ|اقلیت\w*|دعوی\w*|دعویٰ|دعوے|مخالفین|نام نہاد|الزام\w*|بعض لوگ\w*|کچھ لوگ\w*",
    "zh": r"声称|聲稱|所谓|所謂|少数(?:成员|派|国)|少數(?:成員|派|國)|指控|指责|指責|反对者|反對者|批评者|批評者|有人(?:说|認為|认为|說)|据称|據稱",
    "ja": r"いわゆる|少数派|主張し|主張する|反対派|批判者|という(?=。)|とされる|一部の(?:人|国|加盟国)は|疑惑",
}
_YOU = {
    "en": r"if you(?:r|[’']re)?\b[^,]*, (?:please|call|visit|contact|see|write|go|apply|ask|send|register|click|let)\b|you(?:r|[’']re|[’']ll|[’']ve)?\b|please\b|join us\b|sign up\b|register (?:now|here|for|today|by)\b|click\b|check out\b|stay tuned\b|save the date\b|let us know\b|get in touch\b|contact us\b|tell us\b|want to\b|are you\b|odds are\b|imagine\b|picture (?:this|a|the)\b|suppose\b"
    r"|send us\b|(?:read|see|visit|download|watch|explore|meet) (?:the|our|more|all|this|these)\b|go to\b|share your\b|leave a\b|follow along\b",
    "fr": r"(?:si|quand|lorsque|dès que|que|en) vous\b|[^,;:]{3,60} (?:que|quand|si|où) vous\b|vous\b|votre\b|vos\b|rejoignez|inscrivez|n[’']hésitez|découvrez|contactez|consultez|veuillez|imagine[zr]|\w+ez-(?:vous|nous|moi)\b",
    "es": r"(?:si|cuando) (?:usted(?:es)?|tú|tienes?|quieres?|desea|necesitas?)\b|ustedes?\b|usted\b|tú\b|tus?\b|únase|inscríbase|regístrese|consulte|póngase|descubra|por favor|imagine\b",
    "de": r"bitte\b|(?:wenn|falls|sobald|möchten|können|haben|sind|wollen) sie ihr|du\b|dein\w*|euer\w*|eure\w*|melden sie|registrieren sie|kontaktieren sie|besuchen sie|lesen sie|stellen sie sich",
    "sv": r"(?:om|när) du\b|du\b|din\b|ditt\b|dina\b|ni\b|er\b|ert\b|era\b|anmäl dig|kontakta oss|välkommen (?:till|att)",
    "ru": r"(?:если|когда) (?:вы|ты|у вас)\b|вы\b|вам\b|ваш\w{0,3}\b|ты\b|твой|пожалуйста|приглашаем вас|свяжитесь|узнайте|зарегистрируйтесь",
    "ar": r"يمكنك\w*|يمكنكم|إذا كنت\w*|عليك\b|عليكم\b|يرجى|الرجاء|ندعوك\w*|انضم\w*|سجل\w*|تواصل\w* معنا|طلبك\b|طلبكم\b",
    "ur": r"آپ\b|اگر آپ|براہ (?:کرم|مہربانی)|اپنی درخواست|رابطہ کریں|تم\b|تمہار\w+",
    "zh": r"您|你|如果您|如果你|若您|请您|請您|欢迎您|歡迎您|请(?:点击|访问|联系|注意)|請(?:點擊|訪問|聯繫|注意)",
    "ja": r"あなた|皆様|皆さま|皆さん|お客様|ご応募|お申し込み|ぜひ|どうぞ",
}
_LISTS = {
    "en": r"here (?:are|is)\b|here[’']s\b|below (?:are|is|you)\b|(?:the )?following (?:are|is)\b|these are\b",
    "fr": r"voici\b|voilà\b|ci-(?:après|dessous)\b",
    "es": r"a continuación\b|he aquí\b|estos son\b|estas son\b",
    "de": r"hier (?:sind|ist|finden|folgen)\b|(?:im )?folgende[nrs]?\b|nachstehend\b",
    "sv": r"här (?:är|följer|finns)\b|följande\b|nedan\b",
    "ru": r"вот\b|ниже\b|далее приводит",
    "ar": r"(?:و)?فيما يلي|إليكم|هذه هي",
    "ur": r"ذیل میں|درج ذیل|یہ ہیں",
    "zh": r"以下|下面|下列",
    "ja": r"以下|次のとおり|下記",
}
_HALVES = {
    "en": (
        r"on (?:the )?one (?:hand|side)\b|on the surface\b|at first (?:glance|sight)\b|at one (?:end|extreme)\b|in one (?:sense|respect)\b",
        r"\bother\b|\banother\b|\bbut\b|\byet\b",
    ),
    "fr": (r"d[’']une part\b|d[’']un côté\b", r"d[’']autre|de l[’']autre"),
    "es": (r"por un lado\b|por una parte\b|de un lado\b", r"\botr[oa]\b"),
    "de": (r"einerseits\b|zum einen\b|auf der einen seite\b", r"ander\w+"),
    "sv": (r"å ena sidan\b|dels\b", r"andra|dels.*\bdels\b"),
    "ru": (r"с одной стороны", r"друг\w+"),
    "ar": (r"(?:و)?من (?:جهة|ناحية)(?! أخرى)\b", r"أخرى|ثانية"),
    "ur": (r"ایک (?:طرف|جانب)", r"دوسری"),
    "zh": (r"一方面", r"另一方面|一方面.*一方面"),
    "ja": (r"一方では|一面では", r"他方|もう一方"),
}
_GERMAN_YOU = re.compile(r"(?<=\w[ ,] )Sie\b|(?<=\w )(?:Sie|Ihnen|Ihr(?:e[nmrs]?)?)\b")


class Danger(NamedTuple):
    """See the module; all but `myths`, `claims` and `other` are matched at a sentence's beginning."""

    back: Listed
    myths: Pattern
    claims: Listed
    you: Listed
    lists: Listed
    half: Listed
    other: Pattern


@cache
def danger(tag: str) -> Danger:
    """The patterns for a BCP 47 tag; the English ones where a language has none of its own."""
    language = primary(tag) if primary(tag) in _BACK else "en"
    spaced = language not in ("zh", "ja")
    edges = (r"(?<![\w’'])", r"(?!\w)") if spaced else ("", "")
    half, other = _HALVES[language]

    def opening(alternatives: str) -> Listed:
        return Listed(r"\W*", alternatives, spaced=spaced)

    return Danger(
        opening(_BACK[language]),
        pattern(_MYTHS[language]),
        Listed(edges[0], _CLAIMS[language], edges[1], spaced=spaced),
        opening(_YOU[language]),
        opening(_LISTS[language]),
        opening(half),
        pattern(other),
    )


def speaks_to_you(said: Said, language: str) -> bool:
    """Whether a sentence speaks to one reader. German says so by a capital alone."""
    if said.opens(danger(language).you):
        return True
    return primary(language) == "de" and _GERMAN_YOU.search(said.text) is not None
