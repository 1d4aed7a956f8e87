"""The compact bundle from labelled clips and a teacher: data, fitting, thresholds, report, measuring, training."""
