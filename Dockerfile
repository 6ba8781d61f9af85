# syntax=docker/dockerfile:1
# ShopOps in one image: `docker build -t shopops .`, then `docker compose up` (compose.yaml). The first stage compiles
# llama-cpp-python for the processor. For a GPU the first stage also needs CUDA's compiler, the second libcudart and
# libcublas, and the build `--build-arg CMAKE_ARGS=-DGGML_CUDA=on` (docs/operations.md).
ARG PYTHON=3.12-slim-bookworm

FROM python:${PYTHON} AS build
RUN apt-get update && apt-get install -y --no-install-recommends build-essential cmake && rm -rf /var/lib/apt/lists/*
ARG CMAKE_ARGS=""
ENV CMAKE_ARGS=${CMAKE_ARGS} PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/shopops
ENV PATH=/opt/shopops/bin:$PATH
COPY requirements-build.lock requirements.lock ./
RUN pip install --require-hashes -r requirements-build.lock \
 && pip install --require-hashes --no-build-isolation -r requirements.lock
COPY . .
RUN pip install --no-deps --no-build-isolation .

FROM python:${PYTHON}
# Pango draws PDF files, and the fonts Chinese; tini hands signals on, so that answers can finish.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgomp1 libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 shopops \
 && install -d -o shopops -g shopops /data /cache
COPY --from=build /opt/shopops /opt/shopops
ENV PATH=/opt/shopops/bin:$PATH \
    SHOPOPS_DATA_DIR=/data SHOPOPS_CACHE_DIR=/cache \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER shopops
WORKDIR /home/shopops
VOLUME ["/data", "/cache"]
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
ENTRYPOINT ["tini", "--", "shopops"]
CMD ["serve", "--host", "0.0.0.0"]
