"""Word lists for the languages in Latin script (see `words.Words`)."""

from __future__ import annotations

from publisher.summary.words import Words

ENGLISH = Words(
    leans=r"(?:in|at|on|for|to|with|by|from|during|after|before|under|as|since|despite)(?: [^\s,]+){1,14}, (?:(?:\w+ed|held|made|sent) [^,]{2,90}, )?(?:they|he|she)"
    r"|its?|itself|this|these|that|those(?! (?:who|whom|whose|which|of|in|from|responsible"
    r"|affected|\w+ing|\w+ed)\b)"
    r"|such|they|their|theirs|them|he|she|his|hers?|him|however|also|furthermore|moreover"
    r"|additionally|therefore|thus"
    r"|hence|consequently|accordingly|nevertheless|nonetheless|notwithstanding this|meanwhile"
    r"|besides|likewise|similarly"
    r"|instead|otherwise|but|and|or|nor|yet|so|still|then|both(?! [\w’'-]+ and\b)|either|neither"
    r"|another|others?|the other"
    r"|here(?! (?:at|in) [^\W\d])|there(?! (?:is|are|was|were|can|will|has|have|must|remains?)\b)|afterwards?|subsequently"
    r"|finally"
    r"|(?:first|second|third|fourth)(?:ly)?,|lastly|next|again|indeed|conversely|equally|overall"
    r"|alternatively"
    r"|in (?:addition|particular|turn|short|parallel|conclusion|contrast|fact|other words|any case"
    r"|so doing|doing so)\b"
    r"|in (?:response|return|sum|practice|consequence),|as (?:a result|a consequence|such)\b"
    r"|at the same time"
    r"|for (?:example|instance)|on the (?:other|contrary)|by contrast|of course|even so|that said"
    r"|despite that|turns out|well,|on the flip side|we (?:even|next)"
    r"|(?:an?|one|two|three|four|five|six|several|some) (?:day|week|month|year|decade)s? (?:later|earlier|on),"
    r"|to (?:do|achieve) (?:so|this|that)|after that|since then|until then|by then|with that|in that"
    r"|(?:one|some|many|most|all|none|each|several|few|two|three) of (?:them|these|those|which|whom)"
    r"|as (?:noted|mentioned|stated|described|explained|discussed|outlined)\b(?! (?:in|by) )"
    r"|further(?:,| to this)"
    r"|(?:more )?(?:specifically|precisely|importantly)|to get there|below|we then|(?:for|in|as) (?:the|a) (?:next|last|final) (?:step|stage|phase)(?=,)"
    r"|in the (?:first|second|third|last|former)(?: one| case| instance)?,"
    r"|the (?:same|above|aforementioned|latter|former(?= (?:is|was|are|has))|following)"
    r"|(?:as|when|if|while|although|though|since|because|once|after|before|until|in|to|with|under"
    r"|for|by|at|on|of|from"
    r"|through|during|despite|beyond|against|among|within|without|like|unlike|given|following"
    r"|regarding|using|about)"
    r" (?:this|that(?! \w+(?:s|ed)\b)|these|those(?! (?:who|of|in|from|responsible|affected)\b)|it"
    r"|them|they|he|she|him|such(?! as))",
    points=r"(?<!but )also|the latter|(?:the )?(?:afore|above)-?mentioned|aforesaid|as (?:noted"
    r"|mentioned|described) (?:above|earlier)"
    r"|the former(?=[,.;])|respectively(?=\.$)|too(?=[.!]?$)|as well(?=[.!]?$)|this(?! (?:morning"
    r"|afternoon|evening|week|weekend|month|year|summer"
    r"|autumn|fall|winter|spring|quarter|season|decade|century)\b)|these|such(?! (?:as|that|time)\b)"
    r"|said (?:above|earlier)|the two(?= \w+s\b)|that(?=[.;:!]|$)|(?:chang\w+|does|do|did|like|than|after|before|beyond|despite) that(?=,)"
    r"|(?:of|to|in|on|at|for|with|by|answer|solve|meet|toward) that (?:question|issue|problem|point|goal|end|reason|purpose|decision|regard|respect|context|spirit|light|effort|vision|commitment)"
    r"|(?<=, )both(?= (?:will|can|are|have|were|must|should))"
    r"|(?:rise to|rising to|meet|face|address|resolve|follow|monitor|discuss|solve) the (?:challenge|situation|matter|issue|problem|incident|case|moment)(?=[,.;!]|$)"
    r"|the other (?:side|one|two|hand)|see (?:above|below)|not only(?!.*\bbut\b)|vice versa|(?:doing|means|be) (?:just|exactly|precisely) that(?=[.!,;]|$)"
    r"|(?:mentioned|described|set out|outlined|listed) (?:above|below)|how to \w+ (?:it|them)(?=[.!;]|$)",
    person=r"he|she|him|his|her|hers|himself|herself",
    day=r"today(?:[’']s)?|tonight|yesterday|tomorrow|(?:this|last|next|earlier this|later this|this past"
    r"|this coming) (?:morning|afternoon|evening|night|week"
    r"|weekend|month|year|quarter|summer|autumn|winter|spring|monday|tuesday|wednesday|thursday"
    r"|friday|saturday|sunday|january|february"
    r"|march|april|may|june|july|august|september|october|november|december)|(?:\w+ )?(?:hours?"
    r"|days?|weeks?|months?) ago|right now"
    r"|just now|as we speak|moments ago|the (?:coming|past|last|next) (?:few |two |three )?(?:hours"
    r"|days|weeks|months)",
    weekday="monday|tuesday|wednesday|thursday|friday|saturday|sunday",
    we="we|our|ours|us|ourselves",
    i="i|my|me|mine|myself",
    says=r"sa(?:id|ys?)|stat(?:ed|es)|declar(?:ed|es)|add(?:ed|s)|told|tells|warn(?:ed|s)"
    r"|stress(?:ed|es)|not(?:ed|es)|explain(?:ed|s)|announc(?:ed|es)"
    r"|wrote|writes|according to|argu(?:ed|es)|call(?:ed|s)|describ(?:ed|es)|claim(?:ed|s)"
    r"|insist(?:ed|s)|conclud(?:ed|es)|reads?|asks?|asked|comment(?:ed|s)|affirm(?:s|ed)",
    but="but|however|yet|nevertheless|nonetheless|at the same time|that said|on the other hand"
    "|still|even so|unfortunately|conversely|regrettably",
    negates=r"not|no|never|none|neither|nor|nobody|nothing|without|cannot|\w+n[’']t|fail(?:s|ed)? to"
    r"|refus(?:es?|ed) to|unable|lacks?|den(?:y|ies|ied)",
    hedges=r"may|might|could|possibl[ey]|probabl[ey]|alleged(?:ly)?|reportedly|apparent(?:ly)?"
    r"|appears?|suspected|purported(?:ly)?|so-called|perhaps|likely|unconfirmed|estimated|at least"
    r"|about|around|approximately|nearly|almost|up to|over|under|more than|less than|some|seems?"
    r"|suggests?",
    worry=r"concern(?:s|ed)?|condemn\w*|deplor\w*|regret\w*|risks?|threat\w*|violat\w*|abus\w*"
    r"|(?<!as )oppos\w*|reject\w*|alarm\w*|criti\w+|warn\w*|worr\w+|fear\w*",
    praise=r"welcom\w+|prais\w+|applaud\w*|commend\w*|congratulat\w*|potential|progress|success\w*"
    r"|thank\w*|grateful|honou?r\w*|proud|pleased|benefits?|essential for|commitment|achiev\w+",
    stop="about above after again against also although among another around because been before "
    "being between both "
    "cannot could does doing during each either every further have having here however including "
    "into itself just many "
    "might more most much must need only other over same shall should since some such than that "
    "their them then there "
    "these they this those through today under until upon very well were what when where whether "
    "which while will with "
    "within without would your the and for are was has had our its his her she him who how why all "
    "any but can did not "
    "now one out own per too two use via way yet you new is in of to on as at by be an or if it we "
    "us no so do",
)

FRENCH = Words(
    leans=r"ensemble,|(?:pour|dans|lors de|à) (?:l[’']étape|la phase) (?:suivante|précédente)|dans un (?:premier|second|deuxième) temps|(?:(?:[^\s,]+ ){0,3}[^\s,]+, )?(?:nous|ils|elles|on) (?:l[’']|les |leur |lui )\w+|\w+ (?:an|mois|jour|semaine)s? (?:plus tard|après),|pour commencer|au départ|pour finir|son|sa|ses|il(?! (?:est|faut|existe|convient|y a|s[’']agit|importe)\b)|ils|elles?|ce(?:la|ci"
    r"|lui(?:-ci)?|lle(?:s|-ci)?|ux(?:-ci)?)?|c[’']est|ces|cet(?:te)?"
    r"|leurs?|eux|lui|cependant|toutefois|néanmoins|pourtant|mais|et|ou|or|donc|ainsi|aussi"
    r"|également|de plus|en outre|par ailleurs"
    r"|en effet|en revanche|au contraire|d[’']ailleurs|enfin|ensuite|puis|alors|dès lors"
    r"|par conséquent|en conséquence|c[’']est pourquoi"
    r"|de même|de ce fait|à cet(?:te)?|dans ce(?:t|tte|s)?|à ce(?:s|tte)?|pour ce(?:la|s|tte)?"
    r"|en particulier|par exemple|notamment|d[’']autres?|l[’']autre"
    r"|autrement|parallèlement|(?:premièrement|deuxièmement|d[’']abord|d[’']une part"
    r"|d[’']autre part)|ce faisant|sans cela|malgré (?:cela|ce)|depuis lors|entre-temps"
    r"|(?:avec|sur|selon|par|sous|après|avant|depuis|lors de|grâce à) (?:ce|cet|cette|ces|cela|celui"
    r"|celle)|y compris|une telle?|un tel|de tels|de telles|tel(?:le|s|les)?",
    points=r"(?<!mais )également|(?:nous|ils|elles|on) y|s[’']en trouv\w+|ceci|nous avons donc|donc|ce dernier|cette dernière|ces derni(?:ers|ères)|susmentionn\w+"
    r"|précité\w*|ci-dessus|ci-dessous|lui aussi|elle aussi|non seulement(?!.*\bmais\b)|celui-ci"
    r"|celle-ci|ceux-ci|ces|cet(?:te)?(?! (?:semaine|année|nuit))",
    person=r"il(?! (?:n[’']y|y|est|était|sera|faut|fallait|s[’']agit|existe|convient|importe|se passe|reste|suffit|ne (?:faut|s[’']agit|suffit)))|elle(?!-même)|lui(?!-même)",
    day=r"aujourd[’']hui|hier|demain|ce (?:matin|soir|jour|mois)|cette (?:semaine|année|nuit)"
    r"|la semaine (?:dernière|prochaine)|le mois (?:dernier|prochain)|l[’']an(?:née)? (?:dernier"
    r"|dernière|prochaine?)|il y a \w+ (?:jours?|semaines?|mois|ans?)|maintenant même",
    weekday="lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
    we="nous|notre|nos",
    i=r"je|j[’']\w+|mon|ma|mes|moi|m[’']\w+",
    says=r"a (?:dit|déclaré|affirmé|ajouté|souligné|précisé|indiqué|expliqué|estimé|annoncé)|déclare"
    r"|affirme|selon|souligne|dit|explique|précise|ajoute|estime|rappelle",
    but="mais|cependant|toutefois|néanmoins|pourtant|en revanche|or|au contraire|malheureusement",
    negates=r"ne|n[’']\w+|pas|jamais|aucune?|ni|sans|non|rien|refus\w+|impossible",
    hedges=r"pourrai(?:t|ent)|peut-être|probablement|présum\w+|prétendu\w*|serai(?:t|ent)|aurai(?:t"
    r"|ent)|environ|près de|au moins|plus de|moins de|semble\w*|apparemment",
    worry=r"préoccup\w+|inqui\w+|condamn\w+|déplor\w+|regrett\w+|risqu\w+|menac\w+|violation\w*"
    r"|dénonc\w+|rejet\w+|crain\w+",
    praise=r"salu\w+|félicit\w+|remerci\w+|progrès|succès|fier\w*|hommage|se réjoui\w+|potentiel",
    stop="le la les l un une des du de d et en à au aux que qui qu ce cette ces cet il elle ils "
    "elles nous vous on se s ne pas "
    "pour par sur dans avec sans sous est sont été être avoir ont a plus leur leurs son sa ses "
    "notre nos votre vos mais ou où "
    "donc or ni car comme si aussi très tout tous toute toutes entre même autre autres dont afin "
    "ainsi lors depuis fait faire c n y j m",
)

SPANISH = Words(
    leans=r"durante (?:las?|los?) siguientes?|\w+ (?:años?|mes(?:es)?|días?|semanas?) (?:después|más tarde),|sus?|\w+ó(?= )|est[aeo]s?|es[aeo]s?|aquel(?:la|los|las|lo)?|él|ella|ellos|ellas|ello|sin embargo"
    r"|no obstante|además|también|asimismo|por (?:lo tanto|tanto|ello|eso|consiguiente|otra parte"
    r"|otro lado|el contrario|ejemplo)"
    r"|así(?:,| pues| mismo)|pero|y|e|o|aunque est|en consecuencia|en cambio|mientras tanto"
    r"|entretanto|igualmente|de (?:igual|este|esa|esta) (?:modo|manera|forma)|del mismo modo"
    r"|al mismo tiempo|a su vez"
    r"|finalmente|por último|en (?:particular|concreto|efecto|este|esta|estos|estas|ese|esa)"
    r"|otr[ao]s?|tales|tal|dich[ao]s?|primero,|segundo,|luego|después,|entonces|por (?:este|esta"
    r"|estos|estas)"
    r"|(?:con|para|desde|ante|bajo|sobre|tras|a|de) (?:est[aeo]s?|es[aeo]s?|ello|ell[ao]s?|él)"
    r"|incluso así|aun así|pese a ello",
    points=r"(?<!sino )también|est[ea] últim[oa]|est[ao]s últim[oa]s|antes mencionad\w+|susodich\w+"
    r"|mencionad\w+ (?:anteriormente|arriba)|arriba mencionad\w+|dich[ao]s?|no sólo(?!.*\bsino\b)"
    r"|no solo(?!.*\bsino\b)|est[ea](?! (?:semana|mes|año|mañana|tarde|noche))|est[ao]s|asimismo"
    r"|además(?! de)",
    person="él|ella",
    day=r"hoy|ayer|mañana(?! de)|esta (?:mañana|tarde|noche|semana)|este (?:mes|año)"
    r"|la (?:semana pasada|próxima semana)|el (?:mes pasado|año pasado|próximo (?:año|mes))"
    r"|hace \w+ (?:días?|semanas?|meses|años?)|ahora mismo",
    weekday="lunes|martes|miércoles|jueves|viernes|sábado|domingo",
    we="nosotr[oa]s|nuestr[oa]s?|nos|(?:condena|reafirma|expresa|pedi|reitera|hace|celebra|insta"
    "|apoya|cree|esta|debe|segui|trabaja)mos",
    i="yo|mi|mis|mí|conmigo",
    says=r"dijo|dice|declaró|afirmó|señaló|añadió|explicó|según|subrayó|advirtió|aseguró|explica"
    r"|afirma|señala|destacó|indicó",
    but="pero|sin embargo|no obstante|en cambio|por el contrario|aun así|lamentablemente",
    negates=r"no|nunca|jamás|ning[uú]n\w*|ni|sin|nada|tampoco|niega\w*|neg\w+",
    hedges=r"podría\w*|quizás?|probablemente|presunt\w+|supuest\w+|al parecer|aproximadamente"
    r"|cerca de|al menos|más de|menos de|unos|unas|casi|parece\w*",
    worry=r"preocup\w+|conden\w+|lament\w+|riesg\w+|amenaz\w+|violaci\w+|denunci\w+|rechaz\w+|tem\w+",
    praise=r"felicit\w+|celebra\w*|agradec\w+|elogi\w+|progres\w+|éxito\w*|orgull\w+|honr\w+|acoge\w*",
    stop="el la los las un una unos unas de del al a en y o u e que qué se su sus lo le les con "
    "por para sin sobre entre como más pero "
    "si no es son fue fueron ha han ser está están este esta estos estas ese esa eso ante bajo "
    "desde hasta hacia según tras muy también "
    "ya cuando donde quien cual cuyo nos nuestro nuestra todo toda todos todas otro otra otros otras así",
)

GERMAN = Words(
    leans=r"\w+ (?:jahre?|monate?|tage?|wochen?) (?:später|danach)|es(?! (?:gibt|ist|bedarf|braucht|bleibt)\b)|sie|er|ihm|ihn|ihnen|ihre?[nmrs]?"
    r"|seine?[nmrs]?|dies(?:e[nmrs]?)?|das (?:ist|war|wird|bedeutet|zeigt|gilt)|jene[nmrs]?"
    r"|solche[nmrs]?|"
    r"dabei|dadurch|dafür|dagegen|daher|damit|danach|daneben|daran|darauf|daraus|darin"
    r"|darüber(?: hinaus)?|darum|davon|dazu|deshalb|deswegen|demnach|demgegenüber|derweil|"
    r"jedoch|aber|allerdings|dennoch|trotzdem|gleichwohl|auch|ebenso|ebenfalls|außerdem|zudem|ferner"
    r"|weiterhin|überdies|und|oder|doch|denn|sondern|also|somit|folglich|infolgedessen|"
    r"gleichzeitig|zugleich|indes(?:sen)?|hingegen|vielmehr|stattdessen|schließlich|zuletzt|zuerst"
    r"|zunächst|erstens|zweitens|drittens|insbesondere|zum beispiel|beispielsweise|so|hier(?:bei|mit"
    r"|zu|für|durch|von)?|"
    r"letztere[rsmn]?|erstere[rsmn]?|beide[rsnm]?|(?:der|die|das|den|dem) (?:genannte|obige|andere"
    r"|letztere|erstere|beiden)\w*|dort|seither|seitdem|in dies\w+|aus dies\w+|mit dies\w+"
    r"|zu dies\w+|unter dies\w+|vor dies\w+|auf dies\w+|bei dies\w+|nach dies\w+|an dies\w+"
    r"|andere[rs]?|weitere",
    points=r"(?<!sondern )auch|ebenfalls|letztere[rsmn]?|erstere[rsmn]?|oben genannt\w*"
    r"|vorgenannt\w*|obengenannt\w*|besagte\w*|diese[nmrs]?(?! (?:woche|jahr|monat|jahres))"
    r"|nicht nur(?!.*\bsondern\b)|zudem|außerdem",
    person="er|ihm|ihn",
    day=r"heute|heutige[nrsm]?|gestern|gestrige[nrsm]?|morgen(?! früh)|diese (?:woche|nacht)"
    r"|dieser woche|diese[sn] (?:jahr|jahres|monat|monats)|letzte[nrs]? (?:woche|monat|jahr)"
    r"|nächste[nrs]? (?:woche|monat|jahr)|vergangene[nrs]? (?:woche|monat|jahr)|vor (?:einer|einem"
    r"|zwei|drei|wenigen) (?:tage?n?|wochen?|monate?n?|jahre?n?)",
    weekday="montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag",
    we="wir|uns|unser(?:e[nmrs]?)?",
    i="ich|mich|mir|mein(?:e[nmrs]?)?",
    says=r"sagt(?:e|en)?|erklärt(?:e|en)?|betont(?:e|en)?|teilt(?:e|en)? mit|laut|zufolge|warnt(?:e"
    r"|en)?|fügt(?:e|en)? hinzu|äußert(?:e|en)?|schrieb|schreibt|kündigt(?:e|en)? an|so (?:der|die"
    r"|das)",
    but="aber|jedoch|doch|allerdings|dennoch|trotzdem|gleichwohl|hingegen|indes|leider",
    negates=r"nicht|nie|niemals|keine?[nmrs]?|ohne|weder|noch nie|nichts|niemand|unmöglich"
    r"|verweiger\w+|lehnt\w*",
    hedges=r"könnte[n]?|möglicherweise|vielleicht|wahrscheinlich|mutmaßlich\w*|angeblich\w*|etwa"
    r"|rund|mindestens|mehr als|weniger als|fast|scheint|wohl|offenbar|vermutlich",
    worry=r"besorg\w+|sorge\w*|verurteil\w+|bedauer\w+|risik\w+|bedroh\w+|verletz\w+|kritisier\w+"
    r"|lehn\w+|warn\w*|gefahr\w*",
    praise=r"begrüß\w+|würdig\w+|dank\w*|lob\w*|fortschritt\w*|erfolg\w*|stolz|gratulier\w+",
    stop="der die das den dem des ein eine einen einem einer eines und oder aber als auch auf aus "
    "bei bis für mit nach nicht nur ob "
    "seit sich sie er es wir ihr ihre sein seine sind ist war waren wird werden wurde wurden über "
    "um unter von vom vor zu zum zur "
    "durch gegen ohne im in an am dass wenn wie was wer wo hat haben kann können muss müssen soll "
    "sollen mehr sehr so diese dieser dieses alle",
)

SWEDISH = Words(
    leans=r"\w+ (?:år|månad(?:er)?|dag(?:ar)?|veck(?:a|or)) senare|det (?:är|var|innebär|betyder|visar|gäller|här|handlar)(?! (?:mycket )?(?:viktigt|dags"
    r"|avgörande|nödvändigt|positivt)\b)|det(?= (?:kommer|ska|har|kan|måste|får)\b)|den (?:är|var"
    r"|har|ska|kommer|här)|de(?= (?:är|har|ska|kommer|vill|kan|måste|var|båda)\b)|han|hon|hans"
    r"|hennes|deras|dess|dem|denn[ae]|detta|dessa|sådan[at]?|"
    r"dock|emellertid|men|och|eller|också|även|dessutom|vidare|därför|därmed|därför att|därutöver"
    r"|därefter|därtill|således|följaktligen|samtidigt|däremot|likaså|ändå|trots (?:detta|det)"
    r"|i stället|istället|slutligen|först|sedan dess|till exempel|exempelvis|i synnerhet|särskilt|så"
    r"|"
    r"här(?:med|igenom|vid)?|där|(?:i|på|med|för|av|genom|under|efter|inom|mot|till|från) (?:detta"
    r"|denna|dessa|det här|den här|sådan\w*|dem|den|dem)|den senare|den förra|båda|andra|övriga"
    r"|samma|sedan",
    points=r"(?<!utan )också|(?<!utan )även|den senare|den förra|ovannämnd\w*|nämnda|ovanstående"
    r"|denna(?! vecka)|dessa|detta(?! år)|sådana?|sedan dess|inte bara(?!.*\butan\b)"
    r"|inte endast(?!.*\butan\b)|dessutom",
    person="han|hon|hans|hennes|honom|henne",
    day=r"i ?dag|i ?går|i ?morgon|i ?kväll|i ?natt|dagens|gårdagens|denna vecka|den här veckan"
    r"|i veckan|förra (?:veckan|månaden|året)|nästa (?:vecka|månad|år)|i fjol|i år|för \w+ (?:dagar"
    r"|veckor|månader|år) sedan|just nu|under (?:dagen|veckan)",
    weekday="måndag(?:en)?|tisdag(?:en)?|onsdag(?:en)?|torsdag(?:en)?|fredag(?:en)?|lördag(?:en)?"
    "|söndag(?:en)?",
    we="vi|oss|vår|vårt|våra",
    i="jag|mig|min|mitt|mina",
    says=r"säger|sade|sa|uppger|enligt|förklarar|förklarade|betonar|framhåller|tillägger|skriver"
    r"|uttalar|menar|konstaterar",
    but="men|dock|emellertid|däremot|samtidigt|ändå|tyvärr",
    negates=r"inte|ej|aldrig|ingen|inget|inga|utan|varken|vägra\w*|icke|omöjlig\w*",
    hedges=r"kan|kunde|möjligen|kanske|sannolikt|troligen|påstådd\w*|misstänk\w+|ungefär|omkring"
    r"|cirka|minst|mer än|mindre än|nästan|verkar|uppges|så kallad\w*",
    worry=r"oro\w*|fördöm\w+|beklag\w+|risk\w*|hot\w*|kränk\w+|kritisera\w*|motsätt\w+|avvis\w+",
    praise=r"välkomna\w*|berömm\w*|tacka\w*|framsteg\w*|framgång\w*|stolt\w*|gratulera\w*|hylla\w*"
    r"|helhjärtat|ställ(?:er|t|de) (?:oss|sig) bakom",
    stop="och att det som en ett den i på av för med till är var har hade de vi om inte men så "
    "från eller när sin sitt sina "
    "han hon dem dess denna detta dessa kan ska skall vill blir blev bli vara varit också även vid "
    "under efter mot genom mellan inom utan "
    "mer mycket alla andra sedan där här hur vad vilka vilken vilket oss vår vårt våra",
)
