"""Commands that read the tables: export, report, query, score, plot. None of them loads Beam."""
