package simulated

import (
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
)

// report puts the metrics that services write once a minute, of the one that ends now.
func (w *World) report() {
	w.queue.report(w.Metrics, w.now)
	w.letters.report(w.Metrics, w.now)
	w.reportDatabase(w.now.Add(-time.Minute))
}

// A database that does little, and never comes near a limit of its own: an outage is
// that of the network before it, which its own metrics do not show ("Amazon CloudWatch
// metrics for Amazon RDS":
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html). The figures
// are those of a quiet instance, and no measurement.
func (w *World) reportDatabase(minute time.Time) {
	cpu, connections := 8.0, float64(w.stage.Functions.Processor.MaximumConcurrency)
	if minute.Hour() == 3 && minute.Minute() < 30 {
		cpu = 35 // the backup and the vacuum of the night
	}
	if w.Faults.Database {
		cpu, connections = 2, 0
	}
	dimensions := cloudwatch.Dimensions(map[string]string{"DBInstanceIdentifier": w.stage.Platform()})
	for name, value := range map[string]float64{
		"CPUUtilization": cpu, "DatabaseConnections": connections, "FreeStorageSpace": float64(w.stage.Database.StorageGiB) * 0.8 * (1 << 30),
		"FreeableMemory": 0.4 * 9_531_392 * float64(w.stage.Database.MaxConnections()), "CPUCreditBalance": 288, "CPUSurplusCreditBalance": 0,
		"DiskQueueDepth": 0.1, "ReadLatency": 0.001, "WriteLatency": 0.002, "SwapUsage": 0,
	} {
		w.Metrics.Put(cloudwatch.ID{Namespace: "AWS/RDS", Name: name, Dimensions: dimensions}, minute, value)
	}
	if !w.stage.Database.Proxy {
		return
	}
	proxy := cloudwatch.Dimensions(map[string]string{"ProxyName": w.stage.Platform()})
	for name, value := range map[string]float64{
		"DatabaseConnections": connections, "ClientConnections": connections, "DatabaseConnectionsCurrentlyBorrowed": connections / 4,
		"MaxDatabaseConnectionsAllowed": float64(w.stage.Database.MaxConnections()), "DatabaseConnectionsBorrowLatency": 500,
	} {
		w.Metrics.Put(cloudwatch.ID{Namespace: "AWS/RDS", Name: name, Dimensions: proxy}, minute, value)
	}
}

// published puts the metrics of SNS ("Monitoring Amazon SNS topics using CloudWatch":
// https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html).
func (w *World) published(n int) {
	dimensions := cloudwatch.Dimensions(map[string]string{"TopicName": w.stage.Named("notifications")})
	delivered, failed := float64(n), 0.0
	if w.Faults.Subscribers {
		delivered, failed = failed, delivered
	}
	for name, value := range map[string]float64{
		"NumberOfMessagesPublished": float64(n), "NumberOfNotificationsDelivered": delivered, "NumberOfNotificationsFailed": failed,
	} {
		w.Metrics.Put(cloudwatch.ID{Namespace: "AWS/SNS", Name: name, Dimensions: dimensions}, w.now, value)
	}
}
