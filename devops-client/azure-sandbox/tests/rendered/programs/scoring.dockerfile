FROM docker.io/library/python:3.11-slim AS base
FROM base
ARG MODEL_DIR=model-files
ARG MODEL_VERSION=unreleased
LABEL org.opencontainers.image.version="${MODEL_VERSION}"
COPY model/programs/score /usr/local/bin/score
COPY ${MODEL_DIR} /model
ENV SCORE_MODEL="/model" MODEL_VERSION="${MODEL_VERSION}"
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/score"]
