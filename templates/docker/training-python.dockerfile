# Rendered by mlops-gen from mlops.yaml.
# The programs of the training pipeline, for Azure ML jobs. Build context: the repository's root.
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
  {= requirements =}
COPY pyproject.toml ./
COPY src src
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps .
{% endblock %}

{% block run %}
FROM {= run_image =}
# Azure ML starts a job's command with bash. Certificates are for Storage and the tracking server{= package_reasons =}.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends {= packages =} \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/venv /opt/venv
COPY data/data-contract.json {= contract_file =}
ENV PATH="/opt/venv/bin:$PATH" \
  PYTHONUNBUFFERED="1" \
  DATA_CONTRACT={= contract_path =}
# Azure ML makes a job's folders and mounts for root, and starts each of its own images as root; a node runs one job.
# hadolint ignore=DL3002
USER root
WORKDIR /root
# A job runs once and ends; there is nothing to ask for its health.
HEALTHCHECK NONE
CMD ["bash"]
{% endblock %}
