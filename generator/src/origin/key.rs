//! What a key of another layout is in a spec.

/// What a key of another layout is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A key of the spec.
    Key(Key),
    /// Nothing, for a reason that helps.
    Left(&'static str),
    /// Nothing that anybody misses: the tool's own business.
    Unsaid,
    /// Nobody knows.
    Unknown,
}

/// A key of the spec that another layout has too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Name,
    Location,
    AgentImage,
    Asset,
    Target,
    ModelName,
    Alpha,
    ComputeName,
    ComputeSku,
    MinNodes,
    MaxNodes,
    Priority,
    Cron,
    Cpu,
    MemoryGib,
    ReplicasMin,
    ReplicasMax,
    TargetCpu,
    Authentication,
}

impl Key {
    /// As the spec has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Name => "project.name",
            Self::Location => "azure.location",
            Self::AgentImage => "devops.agent.image",
            Self::Asset => "data.asset",
            Self::Target => "data.target",
            Self::ModelName => "model.name",
            Self::Alpha => "model.parameters.alpha",
            Self::ComputeName => "training.compute.name",
            Self::ComputeSku => "training.compute.sku",
            Self::MinNodes => "training.compute.minNodes",
            Self::MaxNodes => "training.compute.maxNodes",
            Self::Priority => "training.compute.priority",
            Self::Cron => "training.schedules",
            Self::Cpu => "scoring.cpu",
            Self::MemoryGib => "scoring.memoryGiB",
            Self::ReplicasMin => "scoring.replicas.min",
            Self::ReplicasMax => "scoring.replicas.max",
            Self::TargetCpu => "scoring.replicas.targetCpuPercent",
            Self::Authentication => "scoring.authentication",
        }
    }
}
