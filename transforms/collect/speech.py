"""Sentences read by the speech synthesisers of Debian, which run from their unpacked packages.

They are no match for recorded speech, but give many evenly spoken minutes in many languages.
"""

import dataclasses
import os
import pathlib
import subprocess
import tempfile
from collections.abc import Iterator

import numpy as np

from transforms.collect import cutting
from transforms.collect.debian import PackageError


@dataclasses.dataclass(frozen=True)
class Voice:
    """One voice: the group of its clips, the sentences it reads, and the program's arguments before the text."""

    group: str
    language: str
    arguments: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Synthesiser:
    """A program out of Debian packages, with its voices.

    Attributes:
        name: also that of the folder of its clips.
        version: of the program's own package.
        licence: of program and voices.
        packages: name and version of all that must be unpacked.
        program: its path in the unpacked packages; it gets the voice's arguments, a file to write, and the text.
        text_option: what stands before the text.
        wav_option: what stands before the file's name.
        voices: who reads.
        minutes: the most audio to keep.
    """

    name: str
    version: str
    licence: str
    packages: tuple[tuple[str, str], ...]
    program: str
    text_option: tuple[str, ...]
    wav_option: str
    voices: tuple[Voice, ...]
    minutes: float = 20


def read_aloud(synthesiser: Synthesiser, root: pathlib.Path) -> Iterator[tuple[Voice, int, np.ndarray, int]]:
    """Every voice's sentences in turns: voice, the sentence's number, float32 [samples], rate in Hz.

    Raises:
        PackageError: the program does not run here.
    """
    longest = max(len(SENTENCES[voice.language]) for voice in synthesiser.voices)
    for number in range(longest):
        for voice in synthesiser.voices:
            if number < len(SENTENCES[voice.language]):
                samples, rate_hz = _say(synthesiser, root, voice, SENTENCES[voice.language][number])
                yield voice, number, samples, rate_hz


def _say(synthesiser: Synthesiser, root: pathlib.Path, voice: Voice, text: str) -> tuple[np.ndarray, int]:
    libraries = next((root / "usr/lib").glob("*-linux-gnu*"), root / "usr/lib")
    environment = {
        **os.environ,
        "LD_LIBRARY_PATH": str(libraries),
        "ESPEAK_DATA_PATH": str(libraries / "espeak-ng-data"),
    }
    with tempfile.TemporaryDirectory() as folder:
        wav = pathlib.Path(folder) / "said.wav"
        command = [str(root / synthesiser.program), *voice.arguments, synthesiser.wav_option, str(wav)]
        command += [*synthesiser.text_option, text]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode or not wav.exists():
            reason = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
            raise PackageError(
                f"{synthesiser.name} {synthesiser.version} does not run here ({reason[0]}): "
                "install the libraries it names, or leave it out"
            )
        return cutting.decode(wav)


SENTENCES: dict[str, tuple[str, ...]] = {
    "en": (
        "Good evening, and welcome to the six o'clock news from our studio in the city.",
        "The council voted last night to keep the old library open for another year.",
        "Heavy rain is expected along the coast, with winds of up to sixty miles an hour.",
        "I told him twice that the meeting had been moved to Thursday.",
        "How long have you been waiting here?",
        "Prices rose by two percent in the third quarter, a little more than expected.",
        "We will be right back after this short break, so stay with us.",
        "My grandmother used to bake bread every Saturday morning.",
        "Police are asking anyone who saw the accident to come forward.",
        "No, that is not what I meant at all.",
        "The ferry leaves at half past seven and arrives just before noon.",
        "What happened next surprised everyone in the room.",
        "She opened the window, looked down at the street, and said nothing.",
        "Our correspondent has been following the story since early this morning.",
        "Turn left at the church, and then take the second road on the right.",
        "It was the first time in ten years that both teams had reached the final.",
        "Please leave your name and number after the tone.",
        "Nobody could explain why the lights had gone out.",
        "The museum is closed on Mondays, but the garden stays open.",
        "Thank you very much for joining us tonight.",
    ),
    "de": (
        "Guten Abend, meine Damen und Herren, hier sind die Nachrichten.",
        "Morgen wird es im Norden regnen, im Süden bleibt es trocken.",
        "Der Zug nach Hamburg fährt heute von Gleis sieben ab.",
        "Ich habe ihm gesagt, dass wir erst am Freitag kommen können.",
        "Wie lange dauert die Fahrt von hier bis zum Hafen?",
    ),
    "fr": (
        "Bonsoir à tous, voici les titres de notre journal.",
        "Le train pour Lyon partira demain matin à huit heures dix.",
        "Elle a fermé la porte sans dire un mot à personne.",
        "Il fera beau dans le sud, mais la pluie arrive par la Bretagne.",
        "Pouvez-vous me dire où se trouve la gare ?",
    ),
    "es": (
        "Buenas noches, estas son las noticias más importantes del día.",
        "El autobús sale a las nueve y llega antes del mediodía.",
        "Mi hermano trabaja en una fábrica cerca del puerto.",
        "Mañana habrá nubes en el norte y sol en el resto del país.",
        "¿Cuánto tiempo llevas esperando aquí?",
    ),
    "it": (
        "Buonasera a tutti, ecco le notizie principali di oggi.",
        "Il treno per Milano parte dal binario quattro.",
        "Domani pioverà al nord, mentre al sud ci sarà il sole.",
        "Mia nonna faceva il pane ogni sabato mattina.",
        "Mi può dire dove si trova la stazione?",
    ),
    "pt": (
        "Boa noite, estas são as principais notícias do dia.",
        "O comboio para o Porto parte amanhã às sete horas.",
        "Ela fechou a janela e não disse mais nada.",
        "Pode dizer-me onde fica a biblioteca?",
    ),
    "nl": (
        "Goedenavond, dit is het nieuws van acht uur.",
        "De trein naar Utrecht vertrekt vandaag van spoor vijf.",
        "Morgen is het bewolkt, met in het westen wat regen.",
        "Kunt u mij zeggen waar het station is?",
    ),
    "pl": (
        "Dobry wieczór państwu, oto najważniejsze wiadomości dnia.",
        "Pociąg do Krakowa odjeżdża o godzinie dziesiątej.",
        "Jutro na północy będzie padał deszcz.",
        "Czy może mi pan powiedzieć, gdzie jest dworzec?",
    ),
    "sv": (
        "God kväll, här är kvällens nyheter.",
        "Tåget till Göteborg avgår från spår tre.",
        "I morgon blir det regn längs hela kusten.",
        "Kan du säga mig var biblioteket ligger?",
    ),
    "fi": (
        "Hyvää iltaa, tässä ovat päivän tärkeimmät uutiset.",
        "Juna Tampereelle lähtee raiteelta viisi.",
        "Huomenna sataa koko rannikolla.",
        "Voitteko kertoa, missä asema on?",
    ),
    "ru": (
        "Добрый вечер, в эфире главные новости дня.",
        "Поезд до Москвы отправляется в девять часов утра.",
        "Завтра на севере ожидается дождь.",
        "Скажите, пожалуйста, где находится вокзал?",
    ),
    "tr": (
        "İyi akşamlar, günün önemli haberleri ile karşınızdayız.",
        "Ankara treni yarın sabah saat dokuzda kalkıyor.",
        "Yarın kuzeyde yağmur bekleniyor.",
        "İstasyonun nerede olduğunu söyler misiniz?",
    ),
}

_ESPEAK_VOICES = (
    *((accent, "en", variant) for accent in ("en", "en-us", "en-gb-scotland") for variant in ("m3", "f2")),
    *(
        (language, language, variant)
        for language in SENTENCES
        if language != "en"
        for variant in ("m2", "m4", "f1", "f3")
    ),
)

SYNTHESISERS: tuple[Synthesiser, ...] = (
    Synthesiser(
        "flite",
        "2.2-5",
        "CMU Flite licence (as MIT)",
        (("flite", "2.2-5"), ("libflite1", "2.2-5"), ("libasound2", "1.2.8-1+b1")),
        "usr/bin/flite",
        ("-t",),
        "-o",
        tuple(Voice(f"flite/{voice}", "en", ("-voice", voice)) for voice in ("slt", "rms", "awb", "kal16")),
    ),
    Synthesiser(
        "espeak-ng",
        "1.51+dfsg-10+deb12u2",
        "GPL-3+",
        (
            *((name, "1.51+dfsg-10+deb12u2") for name in ("espeak-ng", "espeak-ng-data", "libespeak-ng1")),
            ("libpcaudio0", "1.2-2"),
            ("libsonic0", "0.2.0-12"),
        ),
        "usr/bin/espeak-ng",
        (),
        "-w",
        tuple(
            Voice(f"espeak-ng/{accent}-{variant}", language, ("-v", f"{accent}+{variant}"))
            for accent, language, variant in _ESPEAK_VOICES
        ),
    ),
)
