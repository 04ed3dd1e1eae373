"""Dangerous statements: of each, the sentence that must never stand by itself, and why it would do harm.

The other way round where a sentence is safe because it is whole: then it must be among those that may be chosen.
"""

from __future__ import annotations

import pytest

from publisher.statement import Block, BlockKind, Statement
from publisher.summary import candidates

LEAD = {
    "en": "The Harbour Coalition calls on all states to keep their ports open to aid ships.",
    "fr": "La Coalition des ports appelle tous les États à garder leurs ports ouverts aux navires.",
    "es": "La Coalición del Puerto pide a todos los Estados que mantengan abiertos sus puertos.",
    "de": "Die Hafenkoalition ruft alle Staaten auf, die Häfen für Hilfsschiffe offen zu halten.",
    "sv": "Hamnkoalitionen uppmanar alla stater att hålla hamnarna öppna för hjälpfartyg.",
    "ru": "Портовая коалиция призывает все государства держать порты открытыми для судов.",
    "ar": "يدعو ائتلاف الموانئ جميع الدول إلى إبقاء الموانئ مفتوحة أمام سفن المساعدات.",
    "ur": "بندرگاہ اتحاد تمام ریاستوں سے بندرگاہیں کھلی رکھنے کی اپیل کرتا ہے۔",
    "zh": "港口联盟呼吁所有国家对援助船只保持港口开放。",
    "ja": "港湾連合はすべての国に対し、援助船のために港を開いておくよう求める。",
}


def chosen(language: str, *blocks: str | tuple[BlockKind, str]) -> list[str]:
    made = tuple(Block(*b) if isinstance(b, tuple) else Block("paragraph", b) for b in blocks)
    lead = Block("paragraph", LEAD[language])
    return [c.text for c in candidates(Statement("—", (lead, *made), language=language)).ranked]


DENIED = [
    ("en", "Crews of the Coalition have fired on fishing boats in the North.", "This is false."),
    ("en", "Crews of the Coalition have fired on fishing boats in the North.", "These claims are untrue."),
    ("en", "Some say that the ports of the North ought to be closed to all ships.", "We disagree."),
    ("en", "Crews of the Coalition have fired on fishing boats.", "Nothing could be further from the truth."),
    ("en", "The Coalition is said to have paid the pirates of the North.", "We categorically deny this."),
    (
        "en",
        "The Coalition is said to have paid the pirates of the North.",
        "The Coalition denies the allegations.",
    ),
    ("en", "The Coalition is said to have paid the pirates of the North.", "No such payment was ever made."),
    ("fr", "Les équipages de la Coalition ont tiré sur des bateaux de pêche.", "C’est faux."),
    ("fr", "La Coalition aurait payé les pirates de la mer du Nord en secret.", "Il n’en est rien."),
    ("es", "Las tripulaciones de la Coalición dispararon contra barcos de pesca.", "Esto es falso."),
    ("es", "La Coalición habría pagado a los piratas del mar del Norte en secreto.", "No es cierto."),
    ("de", "Besatzungen der Koalition haben auf Fischerboote geschossen.", "Das ist falsch."),
    ("de", "Die Koalition soll die Piraten im Norden heimlich bezahlt haben.", "Das trifft nicht zu."),
    ("sv", "Koalitionens besättningar har skjutit mot fiskebåtar i norr.", "Det stämmer inte."),
    ("ru", "Экипажи коалиции открыли огонь по рыболовным судам на севере.", "Это ложь."),
    ("ar", "أطلقت أطقم الائتلاف النار على قوارب الصيد في الشمال.", "هذا غير صحيح."),
    ("ur", "اتحاد کے عملے نے ماہی گیروں کی کشتیوں پر گولی چلائی۔", "یہ جھوٹ ہے۔"),
    ("zh", "联盟船员向北部的渔船开枪并打伤了渔民。", "这不是事实。"),
    ("ja", "連合の乗組員が北部の漁船に向けて発砲したという。", "これは事実ではない。"),
]


@pytest.mark.parametrize(("language", "said", "denial"), DENIED)
def test_what_the_next_sentence_denies_is_left_out(language: str, said: str, denial: str) -> None:
    """Somebody else's claim, handed on as the organisation's own word; nor does anybody know what was denied."""
    found = chosen(language, f"{said} {denial}")
    assert said not in found and denial not in found


CONDITIONS = [
    (
        "en",
        "The Coalition will lift all measures against Westhaven in March.",
        "Only if the crews are free, however.",
    ),
    (
        "en",
        "The Coalition will lift all measures against Westhaven in March.",
        "This applies only if crews are freed.",
    ),
    (
        "en",
        "The Coalition will lift all measures against Westhaven in March.",
        "There is one condition: crews are freed.",
    ),
    (
        "en",
        "The Coalition will lift all measures against Westhaven in March.",
        "Provided, that is, that crews are freed.",
    ),
    (
        "fr",
        "La Coalition lèvera toutes les mesures contre Westhaven en mars.",
        "À une condition : la libération.",
    ),
    (
        "es",
        "La Coalición levantará todas las medidas contra Westhaven en marzo.",
        "Con una condición: la liberación.",
    ),
    (
        "de",
        "Die Koalition hebt im März alle Maßnahmen gegen Westhaven auf.",
        "Voraussetzung ist die Freilassung.",
    ),
    (
        "sv",
        "Koalitionen häver i mars alla åtgärder mot Westhaven i norr.",
        "Ett villkor är att besättningen friges.",
    ),
    (
        "ru",
        "Коалиция отменит в марте все меры против Вестхейвена на севере.",
        "При условии освобождения экипажа.",
    ),
    ("ar", "سيرفع الائتلاف في مارس جميع التدابير ضد ويستهافن.", "شريطة الإفراج عن الطاقم."),
    ("ur", "اتحاد مارچ میں ویسٹ ہیون کے خلاف تمام اقدامات ختم کر دے گا۔", "بشرطیکہ عملہ رہا ہو۔"),
    ("zh", "联盟将于三月取消对西港的所有限制措施。", "前提是释放船员。"),
    ("ja", "連合は三月に西港に対するすべての措置を解除する。", "ただし条件がある。"),
]


@pytest.mark.parametrize(("language", "promise", "condition"), CONDITIONS)
def test_a_promise_is_not_published_without_its_condition(
    language: str, promise: str, condition: str
) -> None:
    """A post that promises what was promised only on terms is a promise broken; terms alone say nothing."""
    found = chosen(language, f"{promise} {condition}")
    assert promise not in found and condition not in found


VISITORS = [
    ("en", "You can apply for a berth in the northern ports with the form of the Coalition."),
    ("en", "If you are the master of an aid ship, call the harbour office before arrival."),
    ("en", "Your application for a berth in the northern ports must name the ship."),
    ("en", "Join us for a discussion of the open ports of the North in Geneva."),
    ("en", "Sign up for the newsletter of the Coalition on the open ports of the North."),
    ("fr", "Vous vous rendez dans un port du Nord avec un navire chargé de vivres."),
    ("fr", "Si vous êtes capitaine d’un navire d’aide, appelez le bureau du port."),
    ("fr", "Votre demande d’accès aux ports du Nord doit nommer le navire."),
    ("fr", "On ne peut pas s’attendre à ce que vous cherchiez chaque port du Nord sur une carte."),
    ("es", "Usted puede solicitar un amarre en los puertos del norte con el formulario."),
    ("es", "Si usted es capitán de un barco de ayuda, llame a la oficina del puerto."),
    ("de", "Wenn Sie ein Hilfsschiff führen, rufen Sie bitte das Hafenamt im Norden an."),
    ("de", "Ihre Anträge auf einen Liegeplatz im Norden richten Sie an das Hafenamt."),
    ("sv", "Du kan ansöka om en plats i hamnarna i norr med koalitionens blankett."),
    ("ru", "Вы можете подать заявку на место в северных портах коалиции."),
    ("ar", "يمكنك طلب رصيف في الموانئ الشمالية عبر استمارة الائتلاف."),
    ("ur", "آپ اتحاد کے فارم کے ذریعے شمالی بندرگاہوں میں جگہ کی درخواست دے سکتے ہیں۔"),
    ("zh", "您可以使用联盟的表格申请北部港口的泊位。"),
    ("ja", "あなたは連合の用紙で北部の港の停泊場所を申請できる。"),
]


@pytest.mark.parametrize(("language", "sentence"), VISITORS)
def test_what_speaks_to_a_visitor_is_left_out(language: str, sentence: str) -> None:
    """A page says "you" to who opened it; on a channel it is everybody."""
    assert sentence not in chosen(language, sentence)


FIRST_FIGURES = [
    ("en", "So far, 34 people have been confirmed dead in the port of Nordhav."),
    ("en", "The death toll is expected to rise beyond 34 in the port of Nordhav."),
    ("en", "Preliminary figures speak of 34 people killed in the port of Nordhav."),
    ("fr", "Selon un bilan provisoire, 34 personnes ont été tuées dans le port."),
    ("es", "Según cifras preliminares, 34 personas murieron en el puerto de Nordhav."),
    ("de", "Nach vorläufigen Zahlen starben im Hafen von Nordhav 34 Menschen."),
    ("sv", "Enligt preliminära uppgifter har 34 personer omkommit i hamnen."),
    ("ru", "По предварительным данным, в порту Нордхав погибли 34 человека."),
    ("ar", "تفيد تقديرات أولية بمقتل 34 شخصا في ميناء نوردهاف."),
    ("ur", "ابتدائی اطلاعات کے مطابق بندرگاہ میں 34 افراد ہلاک ہوئے۔"),
    ("zh", "初步统计显示，北港事故造成34人死亡。"),
    ("ja", "速報値によると、北港の事故で34人が死亡した。"),
]


@pytest.mark.parametrize(("language", "sentence"), FIRST_FIGURES)
def test_first_figures_are_left_out(language: str, sentence: str) -> None:
    """Figures of the dead that will not hold are wrong the day after, under the organisation's name."""
    assert sentence not in chosen(language, sentence)


EMBARGOED = [
    ("en", "Not for release before 15:00 CET on 24 December 2024 under any circumstances."),
    ("en", "This text is strictly embargoed until 15:00 CET on 24 December 2024."),
    ("fr", "Sous embargo jusqu’au 24 décembre 2024 à 15 heures, heure de Genève."),
    ("es", "Embargado hasta las 15.00 horas del 24 de diciembre de 2024, hora de Ginebra."),
    ("de", "Sperrfrist für alle Medien ist der 24. Dezember 2024 um 15 Uhr in Genf."),
    ("sv", "Embargo till den 24 december 2024 klockan 15 gäller för alla medier."),
    ("ru", "Эмбарго до 15 часов 24 декабря 2024 года действует для всех изданий."),
    ("ar", "محظور النشر حتى الساعة 15 من يوم 24 ديسمبر 2024 بتوقيت جنيف."),
    ("ur", "24 دسمبر 2024 سے پہلے یہ متن اشاعت کے لیے نہیں ہے، جنیوا کے وقت کے مطابق۔"),
    ("zh", "本声明在2024年12月24日15时之前禁止发布。"),
    ("ja", "この声明の報道解禁は2024年12月24日15時とする。"),
]


@pytest.mark.parametrize(("language", "sentence"), EMBARGOED)
def test_lines_to_journalists_are_left_out(language: str, sentence: str) -> None:
    """They are said to who keeps the text back, not to the public."""
    assert sentence not in chosen(language, sentence)


CLAIMS = [
    ("en", "A minority of members argued that the ports must be closed to aid ships at once."),
    ("en", "Aid ships allegedly carried weapons to the ports of the North for all states."),
    ("en", "According to the regime, aid ships open the ports of all states to weapons."),
    ("en", "Some believe that all states ought to close their ports to aid ships."),
    ("fr", "Une minorité de membres a soutenu que tous les États doivent fermer leurs ports."),
    ("es", "Una minoría sostuvo que todos los Estados deben cerrar sus puertos a los barcos."),
    ("de", "Eine Minderheit vertrat die Ansicht, dass alle Staaten die Häfen schließen sollten."),
    ("sv", "En minoritet hävdade att alla stater borde stänga hamnarna för hjälpfartyg."),
    ("ru", "Меньшинство утверждало, что все государства должны закрыть порты для судов."),
    ("ar", "زعمت أقلية أن على جميع الدول إغلاق الموانئ أمام سفن المساعدات."),
    ("ur", "اقلیت کا دعویٰ تھا کہ تمام ریاستوں کو بندرگاہیں بند کر دینی چاہئیں۔"),
    ("zh", "少数成员声称所有国家都应对援助船只关闭港口。"),
    ("ja", "少数派はすべての国が援助船に対して港を閉じるべきだと主張した。"),
]


@pytest.mark.parametrize(("language", "sentence"), CLAIMS)
def test_what_others_hold_ranks_below_the_statements_own_word(language: str, sentence: str) -> None:
    """Opponents and minorities are reported, never put first, even where they speak first."""
    blocks = (Block("paragraph", sentence), Block("paragraph", LEAD[language]))
    ranked = candidates(Statement("—", blocks, language=language)).ranked
    assert ranked[0].text == LEAD[language]
    assert all("hands on a claim" in c.why for c in ranked if c.text == sentence)


QUOTED = [
    (
        "en",
        "Anna Lind said: “They told us ‘close the port.’ {} So we stayed open.”",
        "We did not obey that order at all.",
    ),
    ("en", "“Minister Berg told me: ‘{}’ He was wrong,” said Anna Lind.", "The ports of the North are lost."),
    (
        "fr",
        "Anna Lind a déclaré : « On nous a dit “fermez”. {} Nous sommes restés. »",
        "Le port restera toujours ouvert.",
    ),
    ("es", "Anna Lind dijo: «Nos dijeron “cierren”. {} Nos quedamos».", "El puerto seguirá siempre abierto."),
    (
        "de",
        "Anna Lind sagte: „Man sagte uns ‚schließt‘. {} Wir blieben.“",
        "Der Hafen bleibt immer offen für Schiffe.",
    ),
    (
        "sv",
        "Anna Lind sade: ”Man bad oss stänga. {} Vi stannade.”",
        "Hamnen förblir alltid öppen för fartyg.",
    ),
    (
        "ru",
        "Анна Линд сказала: «Нам велели: „закройте“. {} Мы остались».",
        "Порт всегда будет открыт для судов.",
    ),
    ("ar", "قالت آنا ليند: «قيل لنا أغلقوا. {} بقينا».", "سيظل الميناء مفتوحا دائما أمام السفن."),
    ("ur", "آنا لنڈ نے کہا: ”ہمیں کہا گیا بند کرو۔ {} ہم رہے۔“", "بندرگاہ ہمیشہ جہازوں کے لیے کھلی رہے گی۔"),
    ("zh", "林安娜说：“他们叫我们‘关闭港口’。{}我们留下了。”", "港口将永远对所有船只开放。"),
    (
        "ja",
        "リンド氏は「『港を閉じよ』と言われた。{}私たちは残った。」と述べた。",
        "港は常にすべての船に開かれている。",
    ),
]


@pytest.mark.parametrize(("language", "said", "inside"), QUOTED)
def test_the_inside_of_a_quotation_is_left_out(language: str, said: str, inside: str) -> None:
    """Quotations in quotations included: what somebody was told is not what the organisation says."""
    assert inside not in chosen(language, said.format(inside))


MYTHS = [
    ("en", "Myths about open ports"),
    ("en", "False claims"),
    ("en", "Amendments that were rejected"),
    ("fr", "Idées reçues"),
    ("es", "Mitos y bulos"),
    ("de", "Mythen und Falschmeldungen"),
    ("sv", "Myter om hamnarna"),
    ("ru", "Мифы о портах"),
    ("ar", "شائعات حول الموانئ"),
    ("ur", "افواہیں"),
    ("zh", "关于港口的谣言"),
    ("ja", "港についての誤解"),
]


@pytest.mark.parametrize(("language", "heading"), MYTHS)
def test_what_stands_under_a_heading_that_denies_it_is_left_out(language: str, heading: str) -> None:
    """The heading takes back what its paragraphs say."""
    lead = LEAD[language]
    kinds: tuple[tuple[BlockKind, str], ...] = (("heading", heading), ("paragraph", lead))
    assert candidates(Statement("—", tuple(Block(*k) for k in kinds), language=language)).ranked == ()


WHOLE = [
    ("en", "The Coalition does not deny that the crews were not warned of the storm."),
    ("en", "The ports are not only closed to aid ships but also to the boats of the North."),
    ("en", "At least 34 people were killed and more than 120 injured, the ministry of Nordhav says."),
    ("en", "No member of the Coalition may refuse a ship that carries only food."),
    ("en", "Unless the crews are freed, the Coalition will not lift any of its measures."),
    ("fr", "La Coalition ne nie pas que les équipages n’aient pas été avertis de la tempête."),
    ("fr", "Le port est fermé non seulement aux navires, mais aussi aux bateaux de pêche."),
    ("es", "La Coalición no niega que las tripulaciones no fueron avisadas de la tormenta."),
    ("es", "El puerto está cerrado no solo a los barcos, sino también a los botes de pesca."),
    ("de", "Die Koalition bestreitet nicht, dass die Besatzungen nicht gewarnt wurden."),
    ("de", "Der Hafen ist nicht nur für Schiffe, sondern auch für Boote geschlossen."),
    ("sv", "Koalitionen förnekar inte att besättningarna inte varnades för stormen."),
    ("sv", "Hamnen är stängd inte bara för fartyg utan också för fiskebåtar i norr."),
    ("ru", "Коалиция не отрицает, что экипажи не были предупреждены о шторме."),
    ("ar", "لا ينكر الائتلاف أن الأطقم لم تحذر من العاصفة في الشمال."),
    ("ur", "اتحاد اس سے انکار نہیں کرتا کہ عملے کو طوفان سے خبردار نہیں کیا گیا۔"),
    ("zh", "联盟不否认船员没有收到风暴警告。"),
    ("ja", "連合は乗組員が嵐の警告を受けなかったことを否定しない。"),
]


@pytest.mark.parametrize(("language", "sentence"), WHOLE)
def test_what_is_whole_may_stand(language: str, sentence: str) -> None:
    """A sentence that holds its own "not", "only if" and "at least" loses nothing."""
    assert sentence in chosen(language, sentence)
