# docker build -t eventbusd . && docker run -p 4566:4566 -v eventbus-data:/data eventbusd
#
# Two stages. The first builds with the packages of tools/packages.txt; the second is Debian's slim image, the stripped
# programs and the shared libraries they ask for. docs/container.md

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY tools/install-packages tools/packages.txt tools/
RUN tools/install-packages build
COPY . .
# Empty: a compiler cache is of no use in a layer. tools/container-test --ccache names one and mounts it.
ARG COMPILER_LAUNCHER=
RUN cmake --preset release -DEVENTBUS_TESTS=OFF -DCMAKE_CXX_COMPILER_LAUNCHER="$COMPILER_LAUNCHER" \
 && ninja -C build/release eventbusd eventbusctl
# The packages of the libraries that the programs were linked with: read from them, so that no list can be out of date. What the base
# image has already costs apt nothing. The last folder and the name are what dpkg and the loader agree on where /lib is a link.
RUN mkdir -p /out/bin && for program in eventbusd eventbusctl; do strip --strip-all -o /out/bin/$program build/release/bin/$program || exit 1; done \
 && install -d -m 0700 /out/data \
 && ldd /out/bin/* | sed -n 's|.*=> /.*/\([^/ ]*/[^/ ]*\) .*|*/\1|p' >/out/libraries \
 && xargs -a /out/libraries dpkg-query -S >/out/owners && cut -d: -f1 /out/owners | sort -u >/out/packages && test -s /out/packages

# Time zones of schedules come from tzdata, which Debian's image has today and is asked for all the same. Of the documentation the licences stay; Boost's packages hold the same 2 MB of them each.
FROM debian:bookworm-slim
COPY --from=build /out/packages /tmp/packages
RUN apt-get update && xargs -a /tmp/packages apt-get install -y --no-install-recommends tzdata \
 && find /usr/share/doc -type f ! -name copyright -delete \
 && set -- /usr/share/doc/libboost-*/copyright \
 && for other; do [ "$1" -ef "$other" ] || ! cmp -s "$1" "$other" || ln -f "$1" "$other"; done \
 && rm -rf /usr/share/man/* /usr/share/locale/* /usr/share/bug /usr/share/lintian /var/lib/apt/lists/* /var/cache/apt/* \
      /var/cache/debconf/*-old /var/cache/ldconfig/* /var/lib/dpkg/*-old /var/log/apt /var/log/dpkg.log /tmp/packages
COPY --from=build /out/bin/ /usr/local/bin/
COPY LICENSE /usr/share/doc/eventbusd/LICENSE
# A number, so that `runAsNonRoot` can see that it is not root.
COPY --from=build --chown=4566:4566 /out/data /data
USER 4566:4566
# Engines kill ten seconds after SIGTERM unless told otherwise: be done by then.
ENV EVENTBUS_LISTEN=0.0.0.0:4566 EVENTBUS_DATA_DIR=/data EVENTBUS_STOP_TIMEOUT=8s
VOLUME /data
EXPOSE 4566
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["/usr/local/bin/eventbusd", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/eventbusd"]
LABEL org.opencontainers.image.title="eventbusd" org.opencontainers.image.licenses="Apache-2.0"
