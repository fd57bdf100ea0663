"""Ways out to people beside CAP files: sirens, web hooks, MQTT, TAK, spoken announcements."""
