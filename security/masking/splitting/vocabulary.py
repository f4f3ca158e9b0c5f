"""Words that decide what a message with digits is, where a number may be spread over several messages.

A list that is too short lets a piece of a number pass as ordinary talk; one that is too long takes ordinary talk for a piece. English, Spanish,
French, German, Portuguese, Italian and Dutch; all in lower case, without accents (`fragments.words_of` removes them).
"""

from __future__ import annotations

from typing import Final


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


# What stands around the pieces of a number and says nothing of its own.
FILLERS: Final = _words(
    "a also after again all and are as at back be begin beginning beginnings begins block but by comma complete continue continued continues",
    "continuing cont correct dash digit digits do dot end ending ends er erm fifth final finally finish finishes first five followed following",
    "follows for four fourth from front full go goes going got group half haha hash have here heres hi hyphen i if im in is it its just last",
    "lastly lemme let like long look me mean meant middle mine minus more my next no nope nos not now num number numbers of off oh ok okay on one",
    "only oops other others over part pause plus please pls point previous read reading reads ready remainder remaining rest right sec second",
    "section send sending sent set six so sorry space start started starting starts still sure thank thanks that thats the them then there theres",
    "these they theyre third this those three thx to total two type typing typo u uh um up wait was we well were what which will with yeah yep",
    "yes you your correction oopsie whoops actually instead should been wrong mistyped mistake fix again",
    "can could see did get does work works clear visible received receive show shows shown able afterwards initially piece pieces chunk lot",
    "batch bit st nd rd th block step group",
    # Spanish, Portuguese, Italian
    "finalmente parte y e o u luego despues entonces ahora el la los las lo un una es son con de del mi tu su que siguiente siguientes ultimo",
    "ultimos ultima ultimas",
    "primero primeros primera primeras segundo tercero cuarto final termina empieza comienza numero numeros digitos digito cifras cifra resto sigue",
    "mitad trozo bloque grupo",
    "faltan aqui ahi va van por favor perdon gracias si ya otra otro otros otras vale bueno digo quise decir mas al acaba en para guion espacio",
    "depois entao agora os as um uma sao com do da meu minha seguinte seguintes ultimos primeiros comeca fim restante aqui desculpe obrigado sim",
    "poi dopo allora adesso il le gli i uno sono con del della mio mia seguenti ultime ultimi primi prime quattro inizia finisce resto ecco scusa",
    "grazie cifre numeri numero e poi cinco cuatro tres dos quatro",
    # French
    "dabord finalement partie moitie et puis ensuite apres alors maintenant le la les un une est sont avec de du des mon ma mes votre que",
    "suivant suivants suite dernier derniers",
    "derniere dernieres premier premiers premiere premieres deuxieme troisieme quatrieme commence finit fini termine numero numeros chiffre chiffres",
    "moitie morceau bloc groupe reste voici voila pardon desole merci oui c ce cest ca a quatre trois deux au aux pour tiret espace svp enfin donc ok je",
    # German, Dutch
    "zuerst zunachst weiter anschliessend anschließend schliesslich zuletzt teil halfte und dann danach nun jetzt der die das den dem ein eine",
    "ist sind mit von vom mein meine nachste nachsten letzte letzten letzter erste ersten",
    "stuck gruppe schritt",
    "zweite dritte vierte vier drei zwei beginnt fangt an endet ende nummer nummern ziffer ziffern zahl zahlen rest noch hier kommt kommen weiter geht",
    "es so also bitte danke ja nein ach sorry entschuldigung moment korrektur falsch lautet lauten folgt folgen anfang am zum schluss strich leerzeichen",
    "en dan daarna nu de het een zijn met van mijn volgende laatste eerste begint eindigt nummer cijfers hier verder sorry ja nee",
)

CARD: Final = _words(
    "card cards credit debit visa mastercard master amex american express maestro discover diners jcb pan cc unionpay cardnumber creditcard",
    "tarjeta tarjetas credito debito carte cartes bancaire bleue karte karten kreditkarte kreditkartennummer kartennummer bankkarte cartao carta",
    "kaart creditcardnummer kaartnummer pay paying payment",
)
"""`pay` and its like speak of a card only beside nothing else: see `SPEAKS_OF_CARD`."""
SPEAKS_OF_CARD: Final = CARD - _words("american express pay paying payment carta master")
NOT_CARD: Final = tuple(
    f"{kind} card"
    for kind in (
        "loyalty", "gift", "sim", "membership", "member", "library", "id", "identity", "health", "insurance", "green", "business", "report", "graphics",
        "video", "sd", "memory", "score", "key", "access", "points", "club", "bonus", "travel", "student", "sound", "network", "birthday", "post",
    )
)  # fmt: skip

SSN: Final = _words("ssn ssns ss sozialversicherungsnummer itin taxpayer")
SSN_BEFORE: Final = ("social", "tin")
"""They name one where nothing, a mark, a digit or one of a few words follows: "your social?", not "social media"."""
SSN_PHRASES: Final = (
    "social security",
    "soc sec",
    "ss#",
    "ss #",
    "tax id",
    "seguro social",
    "seguridad social",
    "securite sociale",
)


# What is asked for beside a card.
CVV: Final = _words(
    "cvv cvc cvv2 cvc2 cid csc security code verification codigo seguridad crypto cryptogramme prufnummer prufziffer sicherheitscode"
)
CVV_QUESTION: Final = _words("cvv cvc cvv2 cvc2 cryptogramme prufnummer sicherheitscode")
EXPIRY: Final = _words(
    "exp expiry expires expiration expiring expire valid thru through until good date vence vencimiento caduca caducidad expire expiration validite",
    "gultig bis ablauf ablaufdatum validade scadenza geldig tot vervaldatum month year",
)

# What else a number can be. Such a message is no piece of a card, unless cards are spoken of as well.
LABELS: Final = _words(
    "pesel nhs cpf cnpj aadhaar aadhar nino sin curp dni nie nif bsn nir siret siren vat ein utr medicare passport personnummer steuernummer",
    "طلب الطلب هاتف الهاتف غرفة رقم_الطلب ऑर्डर फोन заказ заказа телефон телефона комната счет 订单 订单号 电话 注文 電話 siparis telefon zamowienie zamowienia",
    "order orders ordered tracking track parcel package packages shipment shipping delivery waybill invoice receipt bill ticket tickets case ref",
    "reference booking reservation confirmation room rooms flat apt apartment suite floor street road avenue house building zip zipcode postcode",
    "postal phone phones telephone tel mobile cell cellphone call fax extension ext whatsapp sms text imei iccid meid serial isbn issn ean upc gtin",
    "sku model item items article articles lottery pid between range consignment barcode fedex ups usps dhl dpd gls product products partno",
    "version build release year years born birthday",
    "birth age aged old date dates day days",
    "week",
    "weeks month months hour hours hrs minute minutes mins am pm oclock today tomorrow yesterday monday tuesday wednesday thursday friday saturday",
    "sunday january february march april june july august september october november december percent dollars dollar euros euro usd eur gbp bucks",
    "cents price cost costs total amount budget salary kg kilos grams km miles metres meters cm inches feet size sizes qty quantity pieces units",
    "people persons guests adults kids children nights page pages line lines seat seats gate flight bus train terminal platform row table account acct",
    "konto blz coordinates latitude longitude gps license key customer client member membership iban bic swift routing sort vin plate licence",
    "license passport voucher coupon promo discount gift loyalty",
    "points score error port ip pin otp passcode verification username id",
    "pedido factura seguimiento envio habitacion piso calle telefono movil celular llamar postal ano anos edad fecha dia dias hora horas euros precio",
    "reserva referencia cliente personas",
    "commande facture suivi colis chambre etage rue telephone portable appeler annee annees ans date jour jours heure heures prix dossier",
    "personnes nuits",
    "bestellung bestellnummer bestellungsnummer rechnung rechnungsnummer sendung sendungsnummer paket zimmer stock strasse telefon telefonnummer handy",
    "handynummer plz postleitzahl jahr jahre alter datum tag tage uhr stunden preis kundennummer kunde auftrag auftragsnummer vorgang",
    "fatura telefone quarto andar rua encomenda ordine fattura camera piano via telefono cellulare anno anni ora ore prezzo spedizione",
    "bestelling bestelnummer factuur kamer telefoon jaar uur",
)
QUESTIONS: Final = (
    "how many",
    "how much",
    "how old",
    "how long",
    "what time",
    "cuantos",
    "cuantas",
    "cuanto",
    "combien",
    "wie viele",
    "wie viel",
    "quantos",
    "quanti",
)
"""An agent who asks so is answered with a quantity."""

ARTICLES: Final = _words("um uma un une una ein eine een oh o")
"""Number words that are said for other reasons."""
CONNECTING: Final = _words("and then next y e luego despues et puis ensuite und dann danach poi depois en dan")
"""Words with which a number goes on: with nothing else beside it a lone number word is a digit."""
FIRST: Final = _words(
    "first start starts starting begin begins beginning primeros primeras empieza comienza premiers premieres commence",
    "ersten beginnt primi prime primeiros eerste",
)
LAST: Final = _words(
    "last final finally ending ends end lastly ultimos ultimas termina derniers dernieres finit letzten endet ultimi ultime laatste"
)
CORRECTIONS: Final = _words(
    "sorry correction oops whoops typo mistyped mistake wrong meant mean actually instead perdon digo quise pardon desole entschuldigung korrektur falsch",
    "desculpe scusa",
)

# Said while somebody looks for the rest of his number: the subject is still the same.
INTERLUDES: Final = _words(
    "ok okay okey k wait sec secs second seconds moment momento min minute hold hang on brb looking look find finding getting grab fetch glasses",
    "wallet purse bag checking check reading typing sorry oops hmm um uh yes yeah yep sure hello hi there ready still rest next more coming continue",
    "got digits digit number numbers part half remaining espera segundo perdon vale ahora si attendez attends seconde instant desole oui",
    "warte warten augenblick gleich ja suche sucht hole un aspetta attimo espere segundinho thanks thank thx please pls",
)

COUNTED: Final = (
    "first last next final other middle remaining following previous second third fourth ultimos ultimas primeros primeras siguientes otros derniers"
    " dernieres premiers premieres prochains suivants ersten letzten nachsten ultimi ultime primi prime primeiros seguintes eerste laatste volgende"
    " les los las the die og to"
)
COUNTS: Final = (
    "one two three four five six seven eight nine ten twelve dos tres cuatro cinco seis ocho diez doce deux trois quatre cinq six huit dix douze zwei"
    " drei vier funf sechs acht zehn zwolf dois quatro oito due tre quattro sei otto twee vijf zes"
)
NOUNS: Final = (
    "digits digit numbers numerals figures ziffern zahlen stellen digitos cifras numeros chiffres cifre cijfers"
)

# What numbers the messages, and is no part of the number: "part one 4532 0151".
PARTS: Final = (
    "part half piece chunk block step group section bit parte mitad trozo bloque grupo partie moitie morceau bloc groupe teil halfte stuck gruppe"
    " schritt meta pezzo deel"
)
NUMBERING: Final = f"{COUNTS} uno una un une eins ein um uma een"

# Beside a single number these say that it is an amount.
AMOUNTS: Final = (
    "paid spent owe owed earn earned won lost sold bought need saved raised charged refunded transferred withdrew deposited pague pago gaste debo compre"
    " vendi necesito gane perdi paye depense dois achete vendu gagne perdu bezahlte zahlte schulde kaufte verkaufte brauche gewann verlor paguei gastei"
    " devo pagato speso betaalde"
)
AMOUNTS_BEHIND: Final = "bezahlt gezahlt ausgegeben gekauft verkauft gewonnen verloren betaald"
ABOUT: Final = (
    "about around only exactly another already just over nearly almost me you us unos casi solo otros environ presque seulement encore etwa rund nur"
    " noch"
)
