# Rendered by mlops-gen from mlops.yaml.
# The scoring server with one model in it. Build context: the repository's root. The release pipeline downloads the
# model version into the context's folder model-files first, and MODEL_DIR is the folder that then holds model.json:
#   az ml model download --name {= model =} --version 7 --download-path model-files
#   docker build --file docker/scoring/Dockerfile --build-arg MODEL_DIR=model-files/… --build-arg MODEL_VERSION=7 .
# Images are pinned by version; `docker buildx imagetools inspect` prints the digest for pinning by digest as well.

{% block build %}
FROM {= build_image =} AS build
WORKDIR /src
RUN python -m venv /opt/venv
ENV PATH="/opt/venv/bin:$PATH"
# Dependencies first: they change less often than the code, so this layer is reused. requirements-lock.txt, where there
# is one (see README.md), has the versions of what these need in turn.
COPY requirements*.txt ./
RUN touch requirements-lock.txt \
  && pip install --no-cache-dir --disable-pip-version-check --constraint requirements-lock.txt \
  --requirement requirements-score.txt
COPY pyproject.toml ./
COPY src src
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps .
{% endblock %}

{% block run %}
FROM {= run_image =}
ARG MODEL_DIR=model-files
ARG MODEL_VERSION=unreleased
LABEL org.opencontainers.image.title={= title =} \
  org.opencontainers.image.description={= description =} \
  org.opencontainers.image.version="${MODEL_VERSION}"
# Only the finished virtual environment comes along, none of what built it.
COPY --from=build /opt/venv /opt/venv
COPY ${MODEL_DIR} /model
ENV PATH="/opt/venv/bin:$PATH" \
  PYTHONDONTWRITEBYTECODE="1" \
  PYTHONUNBUFFERED="1" \
  SCORE_MODEL="/model" \
  SCORE_LISTEN={= listen =} \
  SCORE_ROUTE={= route =}
USER 65532:65532
EXPOSE {= port =}
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
  CMD ["python", "-m", {= module =}, "--healthcheck"]
ENTRYPOINT ["python", "-m", {= module =}]
{% endblock %}
