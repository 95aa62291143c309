# The page in a container that can't be written to:
#   docker build -t humanseg . && docker run --rm --read-only --tmpfs /tmp -p 7860:7860 humanseg
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 user
WORKDIR /app

COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt

COPY app.py LICENSE ./
COPY humanseg humanseg
COPY checkpoints checkpoints

# /tmp alone is written to: visitors' photos for an hour at most, and weights of the Hub where HUMANSEG_MODEL names some.
ENV GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    HF_HOME=/tmp/huggingface \
    HUMANSEG_CACHE=/app/cache \
    MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONUNBUFFERED=1

# Fetches what runs in visitors' browsers; without it the page works, and their webcams are served here.
RUN python -m humanseg.web.runtime 2>&1 || true

# Compiles both networks once, so that a start takes seconds; on another kind of processor that is done anew.
RUN python -m compileall -q app.py humanseg \
    && python -m humanseg cut-out humanseg/assets/astronaut.jpg --out /tmp/photos \
    && python -m humanseg cut-out humanseg/assets/astronaut.jpg --out /tmp/webcam --model humansegnet-live \
    && rm -r /tmp/photos /tmp/webcam

USER user
EXPOSE 7860
HEALTHCHECK --start-period=60s --interval=30s --timeout=10s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/config', timeout=5)"]
CMD ["python", "app.py"]
