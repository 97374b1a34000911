# Pucci from Debian's own packages: the .deb is built in the first stage and installed in the second.
FROM debian:trixie-slim AS build
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends \
      debhelper dh-python dpkg-dev po-debconf pybuild-plugin-pyproject python3-all python3-setuptools \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /pucci
COPY . .
RUN script/package --output /out

FROM debian:trixie-slim
# hadolint ignore=DL3008
RUN --mount=type=bind,from=build,source=/out,target=/out \
    apt-get update && apt-get install -y --no-install-recommends /out/pucci_*_all.deb ffmpeg python3-httptools \
    && install -d -o pucci -g pucci -m 750 /var/lib/pucci \
    && rm -rf /var/lib/apt/lists/*
# What is written stays in a volume; settings come as PUCCI_… or as /etc/pucci/pucci.toml.
ENV PYTHONUNBUFFERED=1
USER pucci
VOLUME /var/lib/pucci
EXPOSE 8090
HEALTHCHECK --interval=1m --timeout=10s --start-period=2m \
    CMD ["python3", "-c", "import urllib.request as ask; ask.urlopen('http://127.0.0.1:8090/health', timeout=8)"]
ENTRYPOINT ["pucci"]
CMD ["serve"]
