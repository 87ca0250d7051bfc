"""Every number that bounds input, time or memory."""

from __future__ import annotations

from typing import Final

# Text
MAX_CHARS: Final = 25_000
MIN_LETTERS: Final = 3
FEW_WORDS: Final = 5  # below, no answer is given; 1 % of SDCNL's training posts are below 6
SHORT_WORDS: Final = 15  # 5 % of them are below
REPEATED_SHARE: Final = 0.3  # of runs of three words; 0.3 % of them are above
ABSTAIN_REPEATED_SHARE: Final = 0.6  # one of 1,516 is above
REPETITION_WORDS: Final = 20  # in fewer words, a repeated run says little
LANGUAGE_WORDS: Final = 12  # shorter posts may well hold no function word
MIN_ENGLISH_SHARE: Final = 0.15  # function words of all words; English posts have 0.3 to 0.7
WINDOW_TOKENS: Final = 256
MAX_WINDOWS: Final = 4

# Audio: what is accepted
# Below it the audio teacher is left out: half a syllable (people say 4 to 5 in a
# second), while a single spoken digit of 0.2 s is still speech.
MIN_AUDIO_S: Final = 0.1
MAX_AUDIO_S: Final = 600.0
MIN_CHANNELS: Final = 1
MAX_CHANNELS: Final = 8
MAX_SAMPLES: Final = int(MAX_AUDIO_S * 48_000)  # held as 115 MB; more often, less long
MIN_RATE_HZ: Final = 8_000
MAX_RATE_HZ: Final = 192_000
MAX_UPLOAD_BYTES: Final = 25 * 1024 * 1024
MAX_LOST_S: Final = 0.05  # less than this missing at the end is no word lost
SILENCE_DBFS: Final = -60.0  # speech peaks above -45 even when recorded from afar
CLIPPED_LEVEL: Final = 0.99
MAX_CLIPPED_SHARE: Final = 0.001
JUDGED_S: Final = 60.0  # of a recording are looked at for its quality
# Clearness of the voice (see audio/voicing.py). On 12 recordings it was 7 dB or more as they
# were; with white or pink noise 5 dB below the speech it was 3 to 9, as loud as it -1 to 5.
NOISY_DB: Final = 6.0
ABSTAIN_NOISY_DB: Final = 2.0
MIN_VOICED_S: Final = 0.1  # as MIN_AUDIO_S
LITTLE_VOICED_S: Final = 1.0  # three or four words
MOSTLY_PAUSE_SHARE: Final = 0.15  # voiced share of a recording; 0.5 and more in read speech
PAUSE_JUDGED_S: Final = 5.0
TRANSCRIBED_S: Final = MAX_AUDIO_S
MATCHED_S: Final = 30.0  # of a recording are compared with the text
MATCHED_WORDS: Final = 5  # fewer heard words tell nothing
MIN_MATCHED_SHARE: Final = 0.5  # of the words heard that stand in the text in this order
VOICE_MEASURED_S: Final = 60.0
MIN_VOICE_S: Final = 0.5  # with a pitch, below which measures of it are chance
GOOD_VOICED_S: Final = 3.0
CLEAN_VOICE_DB: Final = 10.0  # with 10 dB of noise, read speech reached 6 to 12
TEMPO_S: Final = 5.0
MAX_ABS_SAMPLE: Final = 16.0  # a float file louder than this is not audio in [-1, 1]

# Audio: what is heard
HEARD_RATE_HZ: Final = 16_000
HEARD_WINDOW_S: Final = 10.0
MAX_HEARD_WINDOWS: Final = 3
MIN_LAST_WINDOW_S: Final = 1.0  # a shorter rest costs as much as a whole window and is not heard

# Audio: how it may be said otherwise
MAX_SEMITONES: Final = 4
MIN_TEMPO: Final = 0.75
MAX_TEMPO: Final = 1.25
MAX_GAIN_DB: Final = 12

# Uploads that the server holds in memory
MAX_HELD_UPLOADS: Final = 4  # of one session
MAX_SERVER_UPLOAD_BYTES: Final = (
    512 * 1024**2
)  # of all sessions, counting those on their way as full

# The decoding child process
DECODED_AT_ONCE: Final = 2  # recordings, each in a child of its own
DECODE_CPU_S: Final = 20
DECODE_WALL_S: Final = 30.0
DECODE_MEMORY_BYTES: Final = 2 * 1024**3

# Speech synthesis
MAX_CHUNK_WORDS: Final = 45  # method of the paper: sentences cut in chunks of 45 words
CHUNK_PAUSE_S: Final = 0.25
MAX_SPOKEN_WORDS: Final = 4_000

# One loaded model serves many sessions
MAX_WAITING: Final = 8
MAX_WAIT_S: Final = 120.0
# Of one call, waits apart. All explanations and tests of 75 words took 194 s on two cores.
MAX_INSIDE_S: Final = 1_800.0
DRAFT_KEPT_S: Final = 120.0  # as disconnectedSessionTTL in .streamlit/config.toml
GONE_S: Final = 3.0  # a closed tab's work ends; one that reconnects does so at once

# A service for many readers
MAX_SERVED_TEXTS: Final = 64  # in one request without explanations
MAX_SERVED_AT_ONCE: Final = 64  # requests in one copy; as many more wait before it

MAX_OPEN_BUNDLES: Final = 3  # two compared and one more; the one unused longest is closed

# Explanations
MAX_REMOVED_UNITS: Final = 20  # words or sentences that a counterfactual may take away
FIRST_PARTS: Final = 4  # of the path of integrated gradients
MAX_STEPS: Final = 384  # gradients; half as many for a post of several windows
MAX_RELATIVE_GAP: Final = 0.05
MAX_OCCLUDED_WORDS: Final = 150  # longer posts are occluded by sentences
MAX_OCCLUDED_SENTENCES: Final = 60
SOUND_SEGMENT_S: Final = 0.5
MAX_SOUND_SEGMENTS: Final = 60
FEW_OCCLUDED: Final = (
    8  # parts, below which a fifth is one; without one, a score is the fall itself
)

# A file of posts
MAX_TABLE_BYTES: Final = 512 * 1024**2  # as read; an upload is bounded by MAX_UPLOAD_BYTES
MAX_TABLE_ROWS: Final = 200_000
MAX_TABLE_COLUMNS: Final = 200
MAX_SERVER_TABLE_BYTES: Final = 512 * 1024**2  # of all sessions, in memory, with the answers

# Its recordings
MAX_ARCHIVE_FILES: Final = 10_000
MAX_ARCHIVE_LIST_BYTES: Final = 4 * 1024**2  # a ZIP's own list of files, before it is parsed
MAX_ARCHIVE_BYTES: Final = 4 * 1024**3  # of all files unpacked; of one, MAX_UPLOAD_BYTES

# Kept cases
MAX_NOTE_CHARS: Final = 4_000
RETENTION_DAYS: Final = (30, 90, 365)  # what can be chosen; after that a case is deleted
MAX_LISTED_CASES: Final = 500
