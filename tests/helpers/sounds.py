"""The synthetic sounds by what they are."""

from models.sounds import synthesis

LAUGHS = (synthesis.laugh, synthesis.crowd_laugh)
OTHERS = (
    synthesis.speech_like,
    synthesis.music_like,
    synthesis.applause_like,
    synthesis.noise,
    synthesis.tone,
)
