# The mock, and the judge beside it. docs/running.md says how to run it shared, compose.yaml does.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
WORKDIR /src
# The constraints hold for what builds the wheel too.
ENV PIP_CONSTRAINT=/src/constraints.txt PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY . .
RUN python -m venv /opt/nexus && /opt/nexus/bin/pip install ".[shared]" && /opt/nexus/bin/pip uninstall --yes pip

FROM python:${PYTHON}-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin nexus \
 && install --directory --owner nexus --mode 0750 /var/lib/nexus-mock
COPY --from=build /opt/nexus /opt/nexus
ENV PATH=/opt/nexus/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    NEXUS_MOCK_HOST=0.0.0.0 \
    NEXUS_MOCK_PORT=8080 \
    NEXUS_MOCK_DATABASE=/var/lib/nexus-mock/state.db \
    NEXUS_MOCK_LOG=json
USER 10001
WORKDIR /var/lib/nexus-mock
VOLUME /var/lib/nexus-mock
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f\"http://127.0.0.1:{os.environ['NEXUS_MOCK_PORT']}/api/health\", timeout=2)"]
ENTRYPOINT ["nexus-mock"]
CMD []
