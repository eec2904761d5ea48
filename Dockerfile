# The hub in two stages: the first installs it, the second has only what runs.
ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/hub
COPY pyproject.toml constraints.txt ./
COPY hub hub
COPY schema schema
COPY migrations migrations
RUN python -m pip wheel --no-deps --wheel-dir /wheels .
RUN python -m pip --python /opt/hub/bin/python install --no-cache-dir --constraint constraints.txt /wheels/*.whl

FROM python:${PYTHON_VERSION}-slim AS runtime
RUN groupadd --system --gid 10001 hub \
    && useradd --system --uid 10001 --gid hub --no-create-home --home-dir /var/lib/hub hub \
    && install --directory --owner hub --group hub --mode 0750 /var/lib/hub
COPY --from=build /opt/hub /opt/hub
ENV PATH="/opt/hub/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HUB_DATA_DIR=/var/lib/hub
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/hub
VOLUME /var/lib/hub
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["hub", "serve", "--host", "0.0.0.0"]
