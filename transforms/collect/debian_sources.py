"""Which Debian packages hold recorded sound worth learning from: pinned versions, licences, and what is known of it.

All are of Debian 12 (bookworm), section main. The licence is the one that the package's own
`/usr/share/doc/PACKAGE/copyright` gives for the sounds. The order is that of collecting: what the embedder lacks
most comes first.
"""

from transforms.collect.package import SPEECH, UNLABELLED, Package

_ASTERISK_SKIP = r"silence/|/beep|/asterisk-friend|tt-monkeys"

PACKAGES: tuple[Package, ...] = (
    Package(
        "openclonk-data",
        "8.1-3",
        "ISC, CC BY 3.0 or CC0",
        "sfx",
        12,
        take=r"/(?:Sound|Music)\.ocg",
        skip=r"Clonk\.ocg/Movement|/UserInterface",
        speaker=r"/Skin\.ocg/(\w+)\.ocg/",
        labels=(
            (r"/Laughter\d", "laughter"),
            (r"/Singing\d", "singing_voice"),
            (r"/Skin\.ocg/(?!.*Scream)", UNLABELLED),
            (r"/Animals\.ocg/", "animal"),
            (r"/Music\.ocg/", "music"),
        ),
    ),
    Package(
        "hedgewars-data",
        "1.0.2-6",
        "GFDL-1.3",
        SPEECH,
        22,
        take=r"/Sounds/voices/",
        speaker=r"/voices/(\w+)/",
        labels=(
            # Named laughs; by their spectrograms a word, a spoken "har har", and a machine.
            (r"/Russian_pl/Laugh", SPEECH),
            (r"/(?:Pirate|Robot)/Laugh", UNLABELLED),
            (r"/PoisonCough", "cough"),
            (r"/PoisonMoan", "moan"),
            (r"/(?:Ow|Ooff|Ouch|Oops|Hmm|Uh-oh|Oh|Nooo|Jump|Whatthe|Firepunch|Hurry|Poison|Drown|Splash)", UNLABELLED),
        ),
    ),
    Package(
        "wesnoth-1.16-data",
        "1:1.16.9-1",
        "GPL-2+ or CC BY-SA 4.0",
        "sfx",
        6,
        take=r"/sounds/",
        skip=r"1\.16/sounds/",
        labels=(
            (r"/(?:bat|drake|gryphon|horse|tusker|wolf|yeti|hiss|birds)", "animal"),
            (
                r"/(?:dwarf|elf|ghoul|goblin|human|lich|merm[ae]\w|naga|ogre|orc|troll|zombie)[\w-]*-(?:hit|die|attack)",
                UNLABELLED,
            ),
            (r"/(?:groan|ugg|wail)", UNLABELLED),
        ),
    ),
    Package(
        "scratch",
        "1.4.0.6~dfsg1-6.1",
        "CC BY-SA 3.0",
        "sfx",
        14,
        take=r"/Media/Sounds/",
        labels=(
            (r"/Human/PartyNoise", "crowd"),
            (r"/Vocals/", "singing_voice"),
            (r"/Animal/", "animal"),
            (r"/(?:Instruments|Music Loops|Percussion)/", "music"),
        ),
    ),
    Package(
        "monsterz-data", "0.7.1-12", "WTFPL, GPL-2+ or LGPL-2.1", "sfx", 1, labels=((r"grunt|duh|laugh", UNLABELLED),)
    ),
    Package(
        "trackballs-data",
        "1.3.4-1",
        "GPL-2+",
        "sfx",
        5,
        skip=r"c64revival",
        labels=((r"/music/", "music"), (r"die|death|monk", UNLABELLED)),
    ),
    Package(
        "btanks-data",
        "0.9.8083-9",
        "GPL-2 with an exception (Battle Tanks)",
        "sfx",
        6,
        labels=((r"deadman|zombie|slime|klaxon-funny", UNLABELLED), (r"/tunes/", "music"), (r"cow|worm", "animal")),
    ),
    Package(
        "nexuiz-data",
        "2.5.2-12",
        "GPL-2+",
        UNLABELLED,
        30,
        take=r"/sound/(?:player|announcer|tutorial)/",
        speaker=r"/sound/(?:player/([\w-]+)/|(announcer/\w+)/|(tutorial)/)",
        labels=((r"/coms/(?!taunt|teamshoot)|/announcer/|/tutorial/", SPEECH),),
    ),
    Package(
        "openarena-081-players",
        "0.8.5split-14",
        "GPL-2+",
        UNLABELLED,
        8,
        take=r"/sound/player/",
        speaker=r"sound/player/(\w+)/",
    ),
    Package(
        "ufoai-sound",
        "2.5-2",
        "GPL-2+",
        "sfx",
        8,
        skip=r"/footsteps/|/doors/|/soldiers/",  # the soldiers have the voices of nexuiz-data
        speaker=r"/sound/(aliens/\w+|civilians)",
        labels=((r"/(?:aliens|civilians)/(?!\w*scream)", UNLABELLED),),
    ),
    Package(
        "warmux-data",
        "1:11.04.1+repack2-4",
        "GPL-2+",
        "sfx",
        8,
        labels=((r"/voices/(?!theme)", UNLABELLED), (r"/music/|_music|/theme\d", "music")),
    ),
    Package(
        "planetblupi-common",
        "1.14.2-3",
        "GPL-3+",
        UNLABELLED,
        4,
        take=r"/sound/(?:en|de|fr|it|he)/",
        speaker=r"/sound/(\w+)/",
    ),
    Package(
        "teeworlds-data",
        "0.7.5-2",
        "CC BY-SA 3.0",
        "sfx",
        4,
        take=r"/audio/",
        labels=((r"/vo_tee", UNLABELLED), (r"/music", "music")),
    ),
    Package(
        "micropolis-data",
        "0.0.20071228-10",
        "GPL-3+",
        "sfx",
        2,
        labels=((r"/(?:aaah|a|e|o|oop|sorry|uhuh|heavytraffic|monster)\.wav", UNLABELLED),),
    ),
    Package(
        "wordwarvi-sound",
        "1.0.4-2",
        "CC BY-SA 3.0",
        "sfx",
        4,
        labels=(
            (r"hohoho|burns|spine|ooooof|help|abducted|fallingscream|destiny|nice_bank", UNLABELLED),
            (r"mono|highscoremusic", "music"),
        ),
    ),
    Package(
        "netpanzer-data",
        "0.8.7+ds-4.1",
        "GPL-2+",
        "sfx",
        4,
        labels=((r"selected|affirm|yessir|movout|tarconf|attack", SPEECH),),
    ),
    Package(
        "pingus-data", "0.7.6-5.1", "GPL-2+", "sfx", 1, labels=((r"goodidea|letsgo|ohno|yipee|digger", UNLABELLED),)
    ),
    Package(
        "crossfire-client", "1.75.0-2", "GPL-2+", "sfx", 2, labels=((r"Puke|ouch|painb|first_try|Missed", UNLABELLED),)
    ),
    Package("tuxpaint-data", "1:0.9.28-sdl2-1", "GPL-2+", "sfx", 1, take=r"/sounds/"),
    Package(
        "tuxtype-data",
        "1.8.3-5.1",
        "GPL-2",
        "sfx",
        3,
        take=r"/sounds/",
        labels=((r"excuseme|/win", UNLABELLED), (r"raindrops|chiptune|tuxi", "music")),
    ),
    Package("circuslinux-data", "1.0.3-34.1", "GPL-2", "sfx", 1, labels=((r"wahoo", UNLABELLED),)),
    Package("hannah-data", "1.0-3.3", "GPL-2", "sfx", 2, labels=((r"yeah|uh-oh", UNLABELLED), (r"bgm", "music"))),
    Package(
        "etw-data",
        "3.6+svn162-6",
        "GPL-2+",
        "sfx",
        6,
        labels=((r"crowd|fondo|boou", "crowd"), (r"ouch|letsgo|hallelujah", UNLABELLED), (r"back\d", UNLABELLED)),
    ),
    Package("tuxfootball", "0.3.1-7", "GPL-2+", "sfx", 3, labels=((r"music|ingame", "music"),)),
    Package(
        "freetennis-common",
        "0.4.8-14",
        "GPL-2+",
        "sfx",
        2,
        labels=((r"pubblico", "crowd"), (r"/(?:Ahh|contrazione|fatica|fh|hff|hm|risposta|out|rete)", UNLABELLED)),
    ),
    Package("fillets-ng-data-cs", "1.0.1-1.1", "GPL-2", SPEECH, 35, speaker=r"/(cs)/[^/]*?-([mv])-"),
    Package("fillets-ng-data-nl", "1.0.1-1.1", "GPL-2", SPEECH, 35, speaker=r"/(nl)/[^/]*?-([mv])-"),
    Package(
        "ktuberling-data",
        "4:22.12.3-1",
        "GPL-2+",
        SPEECH,
        25,
        speaker=r"/sounds/([^/]+)/",
        labels=((r"/(?:lt|ru|uk)/tux-laugh", SPEECH),),  # the word for it, not a laugh
    ),
    Package(
        "tuxpaint-stamps-default",
        "2022.06.04-1",
        "GPL-2",
        "sfx",
        35,
        speaker=r"_desc(?:_(\w+))?\.",
        labels=((r"_desc", SPEECH), (r"/animals/", "animal"), (r"_(?:outline|filled)_", SPEECH)),
        names_tell=False,
    ),
    Package("klettres-data", "4:22.12.3-1", "GPL-2+", SPEECH, 20, speaker=r"/klettres/(\w+)/", names_tell=False),
    Package(
        "gcin-voice",
        "0~20170223-3",
        "GPL-3 or LGPL-3 (3.ogg), CC BY 3.0 (5.ogg)",
        SPEECH,
        8,
        speaker=r"/([35])\.ogg",
        names_tell=False,
    ),
    *(
        Package(
            f"asterisk-core-sounds-{language}-g722",
            "1.6.1-1",
            licence,
            SPEECH,
            14,
            skip=_ASTERISK_SKIP,
            labels=((r"tt-somethingwrong|tt-weasels|screaming", UNLABELLED),),
            names_tell=False,
        )
        for language, licence in (
            ("en", "CC BY-SA 3.0"),
            ("es", "CC BY-SA 3.0"),
            ("fr", "CC BY-SA 3.0"),
            ("it", "CC BY-SA 3.0"),
            ("ru", "CC BY 3.0"),
        )
    ),
    Package("asterisk-prompt-es-co", "0.20070403-2.1", "GPL-2", SPEECH, 6, skip=_ASTERISK_SKIP, names_tell=False),
    Package("asterisk-prompt-fr-armelle", "20070613-2.2", "BSD-2-clause", SPEECH, 6, names_tell=False),
    Package("csmash-data", "0.6.6-6.9", "GPL-2+", SPEECH, 2, labels=((r"click|racket|table", "sfx"),)),
    Package(
        "codec2-examples", "1.0.5-1", "LGPL-2.1", SPEECH, 5, take=r"/wav/|/raw/hts\.raw", skip=r"/all\.", raw_hz=8000
    ),
    Package("pocketsphinx-testdata", "0.8+5prealpha+1-15", "BSD-2-clause", SPEECH, 2, raw_hz=16000),
    Package("marsshooter-data", "0.7.6-7", "CC BY-SA 3.0", "music", 8, take=r"/audio/(?:music/|menu|tutorial)"),
    Package("asterisk-moh-opsound-g722", "2.03-1.1", "CC BY-SA 3.0", "music", 8),
)
