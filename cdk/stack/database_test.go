package stack_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/stage"
)

func TestDatabase_is_encrypted_and_of_the_stage_s_size(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		d := p.settings.Database
		a := p.assert(t, data)
		a.count(t, "AWS::RDS::DBInstance", 1)
		a.has(t, "AWS::RDS::DBInstance", object{
			"Engine": "postgres", "EngineVersion": "17", "DBInstanceIdentifier": "fluxa-" + p.settings.Name, "DBName": "fluxa",
			"StorageEncrypted": true, "StorageType": "gp3",
			"DBInstanceClass":  "db." + d.InstanceClass,
			"AllocatedStorage": fmt.Sprint(d.StorageGiB), "MaxAllocatedStorage": d.MaxStorageGiB,
		})
	})
}

func TestDatabase_grows_before_it_is_full(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		instance := p.stacks[data].at(t, "Database/Instance")
		if limit := instance.plain("MaxAllocatedStorage").(float64); int(limit) <= p.settings.Database.StorageGiB {
			t.Errorf("%s may have %v GiB and begins with %d", instance, limit, p.settings.Database.StorageGiB)
		}
	}
}

func TestDatabase_takes_only_connections_with_TLS(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, data).has(t, "AWS::RDS::DBParameterGroup", object{"Family": "postgres17", "Parameters": like(object{"rds.force_ssl": "1"})})
		instance := p.stacks[data].at(t, "Database/Instance")
		same(t, instance, instance.plain("DBParameterGroupName"), "${Data/Database/Parameters}")
		same(t, instance, instance.plain("CACertificateIdentifier"), "rds-ca-rsa2048-g1")
	})
}

// TestDatabase_can_go_on_to_the_next_major_version: an upgrade takes a group of the
// new version that stands beside the one in use.
func TestDatabase_can_go_on_to_the_next_major_version(t *testing.T) {
	for p, version := range map[*platform]string{dev(t): "17", prod(t): "17", abroad(t): "18"} {
		a := p.assert(t, data)
		a.has(t, "AWS::RDS::DBInstance", object{"EngineVersion": version, "AllowMajorVersionUpgrade": true})
		a.has(t, "AWS::RDS::DBParameterGroup", object{
			"DBParameterGroupName": p.settings.Platform() + "-postgres" + version, "Family": "postgres" + version,
		})
	}
}

func TestDatabase_ends_the_work_of_a_client_that_is_gone(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, data).has(t, "AWS::RDS::DBParameterGroup", object{"Parameters": like(object{
			"statement_timeout": "60000", "idle_in_transaction_session_timeout": "60000",
		})})
	})
}

func TestDatabase_writes_no_values_into_its_log(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, data).has(t, "AWS::RDS::DBParameterGroup", object{"Parameters": like(object{
			"log_min_duration_statement": "1000", "log_parameter_max_length": "0", "log_error_verbosity": "terse",
		})})
	})
}

func TestDatabase_takes_IAM_logins_too(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, data).has(t, "AWS::RDS::DBInstance", object{"EnableIAMDatabaseAuthentication": true})
	})
}

func TestDatabase_keeps_seven_days_of_Performance_Insights(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, data).has(t, "AWS::RDS::DBInstance", object{"EnablePerformanceInsights": true, "PerformanceInsightsRetentionPeriod": 7})
	})
}

func TestDatabase_is_backed_up_and_in_prod_keeps_the_backups_of_a_deleted_instance(t *testing.T) {
	dev(t).assert(t, data).has(t, "AWS::RDS::DBInstance", object{"BackupRetentionPeriod": 1, "DeleteAutomatedBackups": true})
	prod(t).assert(t, data).has(t, "AWS::RDS::DBInstance", object{
		"BackupRetentionPeriod": 14, "DeleteAutomatedBackups": false, "CopyTagsToSnapshot": true,
	})
}

func TestDatabase_survives_a_zone_and_a_mistake_in_prod(t *testing.T) {
	dev(t).assert(t, data).has(t, "AWS::RDS::DBInstance", object{"MultiAZ": false, "DeletionProtection": false})
	prod(t).assert(t, data).has(t, "AWS::RDS::DBInstance", object{"MultiAZ": true, "DeletionProtection": true})
}

func TestDatabase_outlives_its_stack_in_prod_and_goes_with_it_in_dev(t *testing.T) {
	for p, policy := range map[*platform][2]string{dev(t): {"Delete", "Delete"}, prod(t): {"RetainExceptOnCreate", "Retain"}} {
		a := p.assert(t, data)
		for _, kind := range []string{"AWS::RDS::DBInstance", "AWS::RDS::DBSubnetGroup", "AWS::RDS::DBParameterGroup"} {
			a.is(t, kind, object{"DeletionPolicy": policy[0], "UpdateReplacePolicy": policy[1]})
		}
	}
}

func TestDatabase_has_a_password_that_RDS_makes_and_nobody_writes_down(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		a := p.assert(t, data)
		a.has(t, "AWS::RDS::DBInstance", object{"ManageMasterUserPassword": true, "MasterUserPassword": absent(), "MasterUsername": "fluxa"})
		for name, stack := range p.stacks {
			if template := string(stack.raw); strings.Contains(template, "\"MasterUserPassword\"") || strings.Contains(template, "{{resolve:secretsmanager") {
				t.Errorf("%s has a password in its template", name)
			}
			for _, function := range stack.all("AWS::Lambda::Function") {
				variables, _ := function.plain("Environment", "Variables").(object)
				for variable := range variables {
					if strings.Contains(variable, "PASSWORD") || variable == "DATABASE_URL" {
						t.Errorf("%s has %s", function, variable)
					}
				}
			}
		}
	})
}

func TestDatabase_writes_logs_that_end_to_groups_that_are_made_before(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		a := p.assert(t, data)
		a.has(t, "AWS::RDS::DBInstance", object{"EnableCloudwatchLogsExports": []any{"postgresql", "upgrade"}})
		for _, export := range []string{"postgresql", "upgrade"} {
			a.has(t, "AWS::Logs::LogGroup", object{
				"LogGroupName":    "/aws/rds/instance/fluxa-" + p.settings.Name + "/" + export,
				"RetentionInDays": p.settings.Logs.RetentionDays,
			})
		}
		same(t, "waits for", p.stacks[data].at(t, "Database/Instance").dependsOn(), []string{"Database/postgresqlLog", "Database/upgradeLog"})
	})
}

func TestDatabase_is_in_every_isolated_subnet_and_has_no_public_address(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, data).has(t, "AWS::RDS::DBInstance", object{"PubliclyAccessible": false})
		var subnets []string
		for _, subnet := range p.stacks[network].all("AWS::EC2::Subnet") {
			subnets = append(subnets, "${Network/"+subnet.Path+"}")
		}
		group := p.stacks[data].at(t, "Database/Subnets")
		same(t, group, group.plain("SubnetIds"), subnets)
	})
}

func TestDatabase_lets_in_the_functions_operators_and_in_prod_the_proxy_and_nobody_else(t *testing.T) {
	t.Parallel()
	const instance, proxy, clients = "${Data/Database/InstanceAccess.GroupId}", "${Data/Database/ProxyAccess.GroupId}", "${Network/Private/Clients.GroupId}"
	const operators = "${Network/Private/Operators.GroupId}"
	port := "${Data/Database/Instance.Endpoint.Port}"
	rule := func(from, to string, port any) object {
		return object{"into": to, "from": from, "protocol": "tcp", "ports": []any{port, port}}
	}
	for p, want := range map[*platform][]any{
		dev(t):  {rule(clients, instance, 5432), rule(operators, instance, 5432)},
		prod(t): {rule(proxy, instance, port), rule(clients, instance, 5432), rule(operators, instance, 5432), rule(clients, proxy, 5432)},
	} {
		var got []any
		for _, r := range p.stacks[data].all("AWS::EC2::SecurityGroupIngress") {
			got = append(got, object{
				"into": r.plain("GroupId"), "from": r.plain("SourceSecurityGroupId"),
				"protocol": r.plain("IpProtocol"), "ports": []any{r.plain("FromPort"), r.plain("ToPort")},
			})
		}
		same(t, p.settings.Name, got, want)
		for _, group := range p.stacks[data].all("AWS::EC2::SecurityGroup") {
			same(t, group, group.plain("SecurityGroupIngress"), nil)
		}
		group := p.stacks[data].at(t, "Database/InstanceAccess")
		same(t, group, group.plain("SecurityGroupEgress"), nobody())
		at := p.stacks[data].at(t, "Database/Instance")
		same(t, at, at.plain("VPCSecurityGroups"), []string{instance})
	}
}

func TestProxy_demands_TLS_and_has_no_password_in_prod(t *testing.T) {
	a := prod(t).assert(t, data)
	a.count(t, "AWS::RDS::DBProxy", 1)
	a.has(t, "AWS::RDS::DBProxy", object{"DBProxyName": "fluxa-prod", "EngineFamily": "POSTGRESQL", "RequireTLS": true})
	a.has(t, "AWS::RDS::DBProxyTargetGroup", object{
		"ConnectionPoolConfigurationInfo": object{"MaxConnectionsPercent": 90, "ConnectionBorrowTimeout": 5},
	})
	stack := prod(t).stacks[data]
	proxy := stack.at(t, "Database/Proxy")
	same(t, proxy, proxy.plain("Auth"), nil)
	same(t, proxy, proxy.plain("DefaultAuthScheme"), "IAM_AUTH")
	same(t, proxy, proxy.plain("VpcSecurityGroupIds"), []string{"${Data/Database/ProxyAccess.GroupId}"})
	const id = "${Data/Database/Instance.DbiResourceId}"
	sameStatements(t, "the proxy's role", stack.at(t, "Database/ProxyRole/DefaultPolicy").statements("PolicyDocument"),
		allow([]string{prod(t).userARN(id, "fluxa_processor"), prod(t).userARN(id, "fluxa_query")}, "rds-db:connect"))
}

func TestProxy_is_only_where_the_stage_asks_for_it(t *testing.T) {
	dev(t).assert(t, data).none(t, "AWS::RDS::DBProxy", "AWS::RDS::DBProxyTargetGroup", "AWS::IAM::Role")
	abroad(t).assert(t, data).none(t, "AWS::RDS::DBProxy", "AWS::RDS::DBProxyTargetGroup")
	for _, role := range abroad(t).stacks[data].all("AWS::IAM::Role") {
		same(t, role, role.Path, "BackupCopy/Role") // that of AWS Backup, and none of a proxy
	}
}

func TestProxy_is_what_the_functions_talk_to_save_for_migration_and_maintenance(t *testing.T) {
	t.Parallel()
	const instance, proxy = "${Data/Database/Instance.Endpoint.Address}", "${Data/Database/Proxy.Endpoint}"
	const ca = "/var/task/rds-ca.pem"
	for p, want := range map[*platform]map[string][2]any{
		dev(t):    {"Processor": {instance, ca}, "Query": {instance, ca}, "Migrate": {instance, ca}, "Maintain": {instance, ca}},
		abroad(t): {"Processor": {instance, ca}, "Query": {instance, ca}, "Migrate": {instance, ca}, "Maintain": {instance, ca}},
		// The proxy's certificate is a public one.
		prod(t): {"Processor": {proxy, nil}, "Query": {proxy, nil}, "Migrate": {instance, ca}, "Maintain": {instance, ca}},
	} {
		for name, database := range want {
			function := p.stacks[pipeline].at(t, name+"/Function")
			same(t, function, []any{function.plain("Environment", "Variables", "DB_HOST"), function.plain("Environment", "Variables", "DB_CA_FILE")}, database)
		}
	}
}

func TestStacks_of_prod_are_protected_from_being_deleted_and_those_of_dev_are_not(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		if len(p.stacks) != 4 {
			t.Errorf("%s has %d stacks", p.settings.Name, len(p.stacks))
		}
		for name, stack := range p.stacks {
			protected, _ := stack.properties["terminationProtection"].(bool)
			if want := p.settings.Removal == stage.Retain; protected != want {
				t.Errorf("%s/%s: termination protection is %v, want %v", p.settings.Name, name, protected, want)
			}
		}
	}
}
