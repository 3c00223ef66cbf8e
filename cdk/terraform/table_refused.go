package terraform

// refused has a value for each variable with a validation, with which the module
// must not be planned.
func refused() map[string]string {
	return map[string]string{
		"environment":                     `"Production!"`,
		"alarm_api_5xx_percent":           "0",
		"alarm_database_cpu_percent":      "101",
		"alarm_database_free_storage_gib": "0",
		"alarm_end_to_end_p99_ms":         "0",
		"alarm_error_rate_percent":        "101",
		"alarm_processor_concurrency":     "0",
		"alarm_queue_age_seconds":         "-1",
		"alarm_throttles":                 "0",
		"api_burst":                       "5001",
		"api_rate_per_second":             "0",
		"availability_zone_count":         "1",
		"database_backup_days":            "0",
		"database_connections":            "0",
		"database_instance_class":         `"t4g.micro"`,
		"database_max_storage_gib":        "10",
		"database_storage_gib":            "10",
		"firewall_rate_per_5_minutes":     "9",
		"ingest_memory_mib":               "64",
		"ingest_reserved_concurrency":     "-1",
		"lambda_ingest_zip_path":          `"ingest.tar"`,
		"lambda_migrate_zip_path":         `"migrate.tar"`,
		"lambda_processor_zip_path":       `"processor.tar"`,
		"lambda_query_zip_path":           `"query.tar"`,
		"log_retention_days":              "15",
		"payload_glacier_days":            "0",
		"payload_old_version_days":        "0",
		"processor_batch_size":            "10001",
		"processor_batch_window_seconds":  "301",
		"processor_maximum_concurrency":   "1",
		"processor_memory_mib":            "10241",
		"query_memory_mib":                "64",
		"query_reserved_concurrency":      "-1",
		"vpc_cidr":                        `"10.0.0.0/20"`,
	}
}
