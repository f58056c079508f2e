"""Files: CSV, JSON lines and Parquet with `customer_id,event,timestamp,properties`."""
