//! Amounts of CPU and memory as Kubernetes writes them.

/// CPU cores: whole cores as they are, parts as thousandths.
pub fn cpu(cores: f64) -> String {
    if cores.fract() == 0.0 { format!("{cores}") } else { format!("{}m", (cores * 1000.0).round().max(1.0)) }
}

/// Memory in GiB: whole ones as they are, parts as MiB.
pub fn memory(gib: f64) -> String {
    if gib.fract() == 0.0 { format!("{gib}Gi") } else { format!("{}Mi", (gib * 1024.0).round().max(1.0)) }
}

#[cfg(test)]
mod tests {
    use super::{cpu, memory};

    #[test]
    fn parts_of_a_core_are_thousandths() {
        assert_eq!([cpu(0.5), cpu(2.0), cpu(1.25), cpu(0.0001)], ["500m", "2", "1250m", "1m"]);
    }

    #[test]
    fn parts_of_a_gibibyte_are_mebibytes() {
        assert_eq!([memory(2.0), memory(0.5), memory(1.5)], ["2Gi", "512Mi", "1536Mi"]);
    }
}
