"""The containers that are read: ffmpeg's demuxers that may open a recording, and the extensions of each.

Each demuxer reads one file and nothing else. No playlists, scripts, image sequences or devices are among them, for a
crafted "recording" of those kinds reads other files or calls hosts.
"""

AUDIO = {
    "aac": (".aac", ".adts"),
    "ac3": (".ac3",),
    "aiff": (".aif", ".aifc", ".aiff"),
    "amr": (".amr",),
    "amrnb": (),
    "amrwb": (".awb",),
    "ape": (".ape",),
    "au": (".au", ".snd"),
    "caf": (".caf",),
    "dsf": (".dsf",),
    "dts": (".dts",),
    "dtshd": (".dtshd",),
    "eac3": (".eac3", ".ec3"),
    "flac": (".flac",),
    "loas": (".latm", ".loas"),
    "mlp": (".mlp",),
    "mp3": (".m1a", ".m2a", ".mp1", ".mp2", ".mp3", ".mpa"),
    "mpc": (".mpc",),
    "mpc8": (".mp+",),
    "oma": (".aa3", ".oma"),
    "sox": (".sox",),
    "tak": (".tak",),
    "truehd": (".thd", ".truehd"),
    "tta": (".tta",),
    "voc": (".voc",),
    "w64": (".w64",),
    "wav": (".bwf", ".rf64", ".wav", ".wave"),
    "wv": (".wv",),
}
"""Demuxers of sound alone."""

AUDIO_OF_VIDEO = {
    "asf": (".wma",),
    "matroska": (".mka", ".weba"),
    "mov": (".f4a", ".f4b", ".m4a", ".m4b", ".m4r"),
    "ogg": (".oga", ".ogg", ".opus", ".spx"),
    "rm": (".ra",),
}
"""Demuxers that read video too, by the extensions of sound alone."""

VIDEO = {
    "asf": (".asf", ".dvr-ms", ".wmv"),
    "avi": (".avi", ".divx"),
    "dv": (".dif", ".dv"),
    "flv": (".flv",),
    "gxf": (".gxf",),
    "lxf": (".lxf",),
    "matroska": (".mk3d", ".mkv", ".webm"),
    "mov": (".3g2", ".3gp", ".3gpp", ".f4v", ".ismv", ".m4v", ".mj2", ".mov", ".mp4", ".qt"),
    "mpeg": (".evo", ".m2p", ".mod", ".mpeg", ".mpg", ".vob", ".vro"),
    "mpegts": (".m2t", ".m2ts", ".mts", ".rec", ".tod", ".tp", ".trp", ".ts"),
    "mxf": (".mxf",),
    "nsv": (".nsv",),
    "nut": (".nut",),
    "nuv": (".nuv",),
    "ogg": (".ogm", ".ogv", ".ogx"),
    "pva": (".pva",),
    "rm": (".rm", ".rmvb"),
    "ty": (".ty",),
    "wtv": (".wtv",),
}
"""Demuxers of video with sound."""

FORMATS = ",".join(dict.fromkeys((*VIDEO, *AUDIO)))
"""The demuxers that may open a recording, as ffmpeg's `-format_whitelist` takes them."""


def _extensions(*tables: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({extension for table in tables for extensions in table.values() for extension in extensions}))


AUDIO_EXTENSIONS = _extensions(AUDIO, AUDIO_OF_VIDEO)

MEDIA_EXTENSIONS = _extensions(AUDIO, AUDIO_OF_VIDEO, VIDEO)
"""What is taken from a folder, and of a pattern that does not end with an extension; in lower case."""
