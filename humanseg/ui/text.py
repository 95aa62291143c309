"""Every word on the page, in one place."""

TITLE = "HumanSegNet"
HEADLINE = "# HumanSegNet\nCut people out of photos. Your photos are gone within the hour."

# Where the weights come from the Hub
FETCHING = "Fetching the weights {name}: {done:.1f} of {total:.1f} MB."
SHIPPED_INSTEAD = "{wrong}: the weights that ship with HumanSegNet serve in place of {name}."

# Photo tab
DROP = "Photos"
ADD_PHOTOS, CHOOSE_PHOTOS = "Add photos", "Choose photos"
EXAMPLES = "Or try one of these"
RESULTS = "Cut-outs"
COMPARE = "Before and after"
EMPTY = "Drop a photo, paste one with Ctrl+V, or pick up to {photos} at once."
EMPTY_TOUCH = "Choose a photo, take one, or pick up to {photos} at once."
SHOWN_ON = "Look at it on (what you download is transparent)"
CHECKERBOARD, WHITE, BLACK, COLOUR = "Checkerboard", "White", "Black", "Colour"
DOWNLOAD = "Download cut-out"
DOWNLOAD_ALL = "Download ZIP"
TO_BACKGROUND = "Background"
FORMAT = "File type"
NOBODY = "Nobody was found in {name}."
NOBODY_HERE = "Nobody was found in {name}: try another photo, or paint somebody in with Repair."
DONE_ONE = "{name}: {width} × {height} pixels, {seconds:.1f} s."
DOUBTFUL = "It may have faults: worth a look."
DOUBTFUL_CAPTION = "Worth a look: {name}"
ONLY_DOUBTFUL = "Worth a look ({count})"
DONE_MANY = "{done} photos done{but}."
SOME_FAILED = "{done} of {total} photos done{but}, {failed} failed: the gallery says why."
SOME_DOUBTFUL, SOME_EMPTY = ", {count} worth a look", ", {count} without anybody"
WORKING = "{done} of {total} photos done, about {left} left."
WORKING_FIRST = "{done} of {total} photos done."
LOADING = "Loading the model …"
TOO_MANY = "You gave {count} photos; the first {limit} are done, since one batch takes at most {limit}."
OUT_OF_TIME = "Not done: the time for one batch ({seconds} s) was used up. Send the rest again."

WORKING_ONE = "Cutting out …"
WORKING_ONE_LEFT = "Cutting out, about {left} left …"
NOBODY_SHORT = "Nobody was found here"
CLEAR = "Start over"

# Repair; what the canvas itself says stands in humanseg/web/js/repair-words.js
REPAIR = "Repair"
NO_CANVAS = "The canvas can't be loaded: reload the page, or use a current browser."
TOO_MANY_STROKES = "This photo has {limit} strokes, which is as many as are kept: undo some, or use a larger brush."

# Background tab
BEHIND = "Background"
KINDS = {
    "transparent": "Transparent",
    "colour": "Colour",
    "gradient": "Gradient",
    "blur": "Blur",
    "picture": "Picture",
}
GRADIENT, GRADIENT_FROM, GRADIENT_TO, GRADIENT_WAY = "Gradient", "From", "To", "Direction"
GRADIENT_WAYS = {"180": "Downwards", "90": "To the right", "135": "Slanting", "radial": "From the middle"}
GRADIENTS = {
    "#ffffff..#c3ccd9@180": "White to grey",
    "#f5f7fa..#8796a8@radial": "Studio",
    "#fff4e0..#f2b48c@180": "Peach",
    "#fbd3e9..#8e7cc3@135": "Lilac",
    "#d8f3ff..#4a90c2@180": "Sky",
    "#d9f2d0..#3f8f6b@135": "Leaves",
    "#5b6b7d..#1f2933@radial": "Slate",
    "#e0575b..#42275a@135": "Dusk",
}
SIZE = "Size"
SIZES = {
    "as-is": "As it is",
    "people": "Crop to people",
    "square": "Square",
    "4:5": "4:5",
    "16:9": "16:9",
    "35x45mm": "35 × 45 mm",
    "2000x2000": "2000 × 2000",
}
MARGIN, SHADOW = "Margin", "Shadow"
PASSPORT = (
    "That is 35 × 45 mm at 300 dpi, which the file says. Between the dashed lines a head is 33 mm high, as passports "
    "ask for (32 to 36 mm): drag and resize until hair and chin touch them. Your authority may want more than that."
)
LOOKS_SOFT = "The people are enlarged, and look soft: a closer photo would be sharper."
COPY = "Copy"
DOWNLOAD_LOOK = "All photos like this (ZIP)"
PACKING = "{done} of {total} pictures made."
PACKED = "{done} pictures are in the ZIP{but}."
BUT_FAILED = ", {count} failed: its report.csv says why"
STRENGTH = "Blur strength"
DOWNLOAD_RESULT = "Download picture"
RESULT_ALT = "The person on the chosen background"
FIT_LABEL = "How the picture fits"
FILL, FIT = "Fill", "Whole picture"
ACROSS, DOWN = "Picture, left to right", "Picture, top to bottom"
BLENDING = "Blend in"
LIGHT_WRAP, MATCH_COLOURS = "Light around the edge", "Match the picture's colours"
SHOWING = "{name}: {width} × {height} pixels."
PLACES = "Places"
OWN_PICTURE = "Your own picture"
NEW_PHOTO = "Photo"
RESULT = "Result"
BACKGROUND_EMPTY = "Drop a photo here, or cut one out in the Photo tab: it appears here by itself."

# Video tab
CLIP = "Clip"
CLIP_EMPTY = "Drop a clip, choose what goes behind the people, and cut them out of every frame."
CLIP_BEHIND, OWN_CLIP = "Clip", "Your own clip behind the people; it starts again when it ends"
NO_CLIP_BEHIND = "Give the clip that goes behind the people first."
TRIM, TRIM_FROM, TRIM_TO = "Which part of the clip", "Start of the part", "End of the part"
TRIM_ALL, TRIM_WORDS = "All of it: LENGTH s", "FROM to TO: LENGTH s"
FROM, TO = "From (seconds)", "To (seconds)"
CLIP_FORMAT = "File type"
CLIP_FORMATS = {"mp4": "MP4", "webm": "WebM", "mov": "MOV", "webp": "WebP", "png": "PNG", "matte": "Matte"}
CLIP_FORMATS_HELP = (
    "MP4 plays everywhere. WebM and MOV (ProRes, for editors) can be transparent. WebP moves without sound. "
    "PNG is a ZIP with every frame. A matte shows the people in white on black."
)
CUT_CLIP = "Cut out"
STOP_CLIP = "Stop"
DOWNLOAD_CLIP = "Download"
CLIP_TAKEN = "{name}: {width} × {height} pixels, {seconds:.1f} s, {rate:.4g} frames a second."
CLIP_LIMITED = "Of this clip at most {limit} s are cut out at once: choose which."
CLIP_WAITING = "Waiting for a place …"
CLIP_WORKING = "{done:.1f} of {total:.1f} s done, about {left} left."
CLIP_GIVES_WAY = "{done:.1f} of {total:.1f} s done; it gives way to photos just now."
CLIP_STARTING = "Cutting out …"
CLIP_DONE = "{name}: {frames} frames, {seconds:.1f} s."
CLIP_STOPPED = "Stopped: the first {seconds:.1f} s of it are done."
BEFORE, AFTER, BEFORE_AFTER = "Before", "After", "Where before ends and after begins"
PLAY, PAUSE, MUTE, SEEK = "Play", "Pause", "Without sound", "Time"
NO_CLIP = "Give a clip first."
NO_SUCH_FORMAT = "There is no such file type for clips: choose one of {kinds}."
NOT_SEE_THROUGH = "MP4 can't be transparent: choose WebM or MOV, or another background."
CLIP_TOO_LONG = "{name}: a part of {seconds:.0f} s was asked for, the limit is {limit} s: choose a shorter one."
RESULT_TOO_BIG = "What is made of {name} gets larger than {limit} MB: choose a shorter part or another file type."

# Webcam tab; what the view itself says stands in humanseg/web/js/live-words.js
NO_VIEW = "The camera's view can't be loaded: reload the page, or use a current browser."
CAMERAS_FULL = "All cameras that the server has time for are on: try again in a minute, or let it run on your computer."
FRAME_BAD = "This frame can't be read: start the camera again."

# What connection.js says
CONNECTION = {
    "lost": "The connection to the server was lost. The page goes on by itself as soon as it is back.",
    "blip": "The connection is back: the page goes on.",
    "anew": "The server was started anew: your photos are sent once more.",
    "again": "The server was started anew, and your photos are cut out once more: do that again in a moment.",
    "full": "Many people are waiting just now: yours is sent again by itself, keep this page open.",
    "queue": "Waiting for a place: {ahead} ahead of you{about}.",
    "about": ", about {left}",
}
# What is said of the two pictures where only their place says it
COMPARED = {"slider": "Where before ends and after begins", "before": "Before", "after": "Cut out"}
CUT_ANEW = "Your photos are cut out once more …"

# Errors
ERROR_TITLE = "That didn't work"
UNEXPECTED = "Something went wrong on our side. Try again, or try another photo."
BAD_REQUEST = "This request can't be read. Reload the page and try again."
NO_LINKS = "Links aren't fetched: download the photo and hand over the file itself."
LINK_REFUSED = "This link leads to an address that isn't fetched: hand over the file itself."
LINK_FAILED = "Nothing can be fetched from this link: download the photo and hand over the file itself."
LINK_TOO_BIG = "What this link leads to is too big or too slow (the limit is {limit} MB): hand over the file itself."
SHUT = "There is nothing here."
BAD_UPLOAD = "This upload can't be read: choose the file again, at most 1000 at a time."
UPLOAD_TOO_BIG = "One of these files has more than {limit} MB: make it smaller and try again."
REQUEST_TOO_BIG = "This is more than can be sent at once: send fewer or smaller photos."
REQUEST_TOO_SLOW = "Nothing more has come for a minute: check the connection and send it again."
QUEUE_FULL = "Too many people are waiting just now: try again in a minute."
TOO_SLOW = "{name} takes longer than {seconds} s and was given up: make it smaller and try again."
FILE_TOO_BIG = "{name} has {size:.0f} MB, the limit is {limit} MB: make it smaller and try again."
NO_GPU = "There is no GPU for this photo now ({reason}): try again later."
TOO_LITTLE_MEMORY = "This photo needs more memory than is free: make it smaller and try again."
GONE = "{name} isn't here any more (files are removed after an hour): drop it again."
THIS_PHOTO = "This photo"
ELSEWHERE = "These photos are open in another tab by now: go on there, or reload this page to start afresh."
NO_PICTURE = "Pick one of the places or give a picture of your own first."
NO_PHOTO = "Give a photo first."

# In the terminal
RUNNING = "HumanSegNet is at {address} (Ctrl+C ends it)."
BAD_PORT = "GRADIO_SERVER_PORT is “{port}”: set it to a number from 1 to 65535, or leave it unset."
NO_PORT = "The page can't be opened at {host}, port {port} ({reason}): set GRADIO_SERVER_PORT to another port."
NO_HOST = "The page can't be opened at {host} ({reason}): set GRADIO_SERVER_NAME to an address of this computer."
NO_START = "The page can't be opened ({reason})."

# About tab; what it does well and badly stands in humanseg/web/showcase.py
FIGURES = "Figures, and the networks behind it"
FOR_PHOTOS, FOR_CAMERA, FOR_ALL = "Photos", "Webcam and clips", "Photos, webcam and clips"
NETWORK = """
### {title}
A U-Net with the encoder `{encoder}`. It is shown {shown}; what it finds then follows the photo's own edges at full
size. On this page's server it runs by `{engine}`.
"""
SHOWN_PHOTO = "a photo at a long side of {size} pixels, and once more, mirrored or closer, where that helps"
SHOWN_FRAME = "each frame at a long side of {size} pixels"
FIGURES_HEAD = (
    "| photos it wasn't trained on | number | IoU | boundary IoU | mean error of alpha |",
    "| --- | --- | --- | --- | --- |",
)
FIGURES_NOTE = "IoU and boundary IoU: 1 is perfect. Mean error: 0 is perfect. Means over the photos of each set."
FALSE_ALARMS = "Of {photos} photos without anybody, {found} came out with somebody."
# Sets of photos by their folders' names, as visitors read them.
SETS = {
    "human-segmentation-dataset": "people of all kinds, fixed test photos",
    "portraits": "portraits and selfies",
    "street-fashion": "street fashion, whole bodies",
    "everyday": "everyday life",
    "pedestrians": "pedestrians, several and small",
    "halfbody-mattes": "half bodies with soft hair",
}
ABOUT_PHOTOS = """
## What happens to your photos
- They go to the computer that runs this page{host}, and to nobody else.
- There they and their cut-outs lie in a folder of the page's own, under names that can't be guessed. They are removed
after {minutes} minutes, and when the page's server is stopped. Nothing is kept, looked at or used for training.
- The camera's frames stay in your own browser. Only where the server cuts them out, which the page says, are they
sent, one by one; none is written to a disk.
- Where and with which camera a photo was taken isn't copied into what you download.
- Your browser remembers what you chose, such as a background, and none of your photos. The page sets no cookies, asks
no other address for anything, and counts nobody.

One photo may have {limits.megapixels} megapixels and {limits.file_mb} MB; one batch {limits.photos} photos.
One clip may have {limits.clip_mb} MB and frames of {limits.clip_megapixels} megapixels; {limits.clip_seconds} s of it
are cut out at once.
"""
ON_A_SPACE = ", which on a Space is one of Hugging Face's"
THIS_PAGE = "ADDRESS-OF-THIS-PAGE/"
ABOUT_PROGRAMS = """
## From your own programs
**Python**, with nothing sent anywhere (`pip install .` in a clone)
```python
from humanseg import Segmenter

cut_out = Segmenter.from_pretrained().cut_out("photo.jpg")
cut_out.save("photo.png")              # transparent, at the photo's own size
cut_out.save("blurred.jpg", "blur")    # or "#ffffff", or a picture
cut_out.rgba                           # uint8, height x width x 4
```
**Clips**
```python
from humanseg import cut_out_video

cut_out_video("talk.mp4", "blurred.mp4", "blur")
```
**Command line**
```bash
python -m humanseg cut-out photo.jpg talk.mp4 --background blur --out cutouts
python -m humanseg web --out site    # this page as files: it runs in the visitors' browsers
```
**HTTP**, by this page's server (`pip install gradio_client`); more under “Use via API” at the foot of the page
```python
from gradio_client import Client, handle_file

page, photo = Client("{address}"), handle_file("photo.jpg")
print(page.predict(photo, api_name="/cut_out"))    # where the PNG lies
print(page.predict(photo, "blur", api_name="/replace_background"))
```
`/mask` and `/cut_out_video` work the same way; all four are **MCP** tools, too, at `{address}gradio_api/mcp/`.

All of these run the same code and give the same pixels. The places on the Background tab are photos under CC0 1.0
from Budgie Backgrounds; the example photos are by NASA (public domain) and Intel (CC BY 4.0).
"""
