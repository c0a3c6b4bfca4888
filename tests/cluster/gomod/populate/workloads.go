package main

import (
	"fmt"
	"math/rand/v2"
)

func (m maker) podTemplate(name, restart string) fields {
	labels := fields{"app.kubernetes.io/name": m.app, "part": name}
	metadata := fields{"labels": labels, "annotations": fields{"checksum/config": hex(m.random, 64)}}
	spec := fields{
		"serviceAccountName":            m.app + "-0",
		"priorityClassName":             pick(m.random, priorities),
		"terminationGracePeriodSeconds": 30,
		"restartPolicy":                 restart,
		"containers":                    list{m.container("main"), m.container("sidecar")},
		"securityContext":               fields{"runAsNonRoot": true, "runAsUser": 1000 + m.random.IntN(60_000)},
		"volumes": list{
			fields{"name": "config", "configMap": fields{"name": m.app + "-config-0"}},
			fields{"name": "tmp", "emptyDir": fields{"sizeLimit": "256Mi"}},
		},
	}
	return fields{"metadata": metadata, "spec": spec}
}

func (m maker) container(name string) fields {
	image := fmt.Sprintf("registry.example.com/%s/%s:%s", m.app, name, version3(m.random))
	variable := func(name string) fields { return fields{"name": name, "value": fmt.Sprint(m.random.IntN(100_000))} }
	probe := fields{"httpGet": fields{"path": "/healthz", "port": "http"}, "periodSeconds": 5 + m.random.IntN(20)}
	return fields{
		"name": name, "image": image, "imagePullPolicy": "IfNotPresent",
		"args":  list{"--listen=:8080", "--config=/etc/app/application.properties", "--shards=" + fmt.Sprint(m.random.IntN(64))},
		"env":   list{variable("POOL_SIZE"), variable("TIMEOUT_MS"), variable("CACHE_TTL"), variable("TRACE_RATIO")},
		"ports": list{fields{"name": "http", "containerPort": 8080}, fields{"name": "metrics", "containerPort": 9090}},
		"resources": fields{
			"requests": fields{"cpu": fmt.Sprintf("%dm", 10+m.random.IntN(900)), "memory": "128Mi"},
			"limits":   fields{"memory": fmt.Sprintf("%dMi", 256+m.random.IntN(1024))},
		},
		"livenessProbe": probe, "readinessProbe": probe,
		"volumeMounts": list{
			fields{"name": "config", "mountPath": "/etc/app", "readOnly": true},
			fields{"name": "tmp", "mountPath": "/tmp"},
		},
	}
}

func (m maker) selector(name string) fields {
	return fields{"matchLabels": fields{"app.kubernetes.io/name": m.app, "part": name}}
}

func (m maker) deployment(name string) object {
	return m.make("Deployment", "apps", "v1", "deployments", name, fields{"spec": fields{
		"replicas": 0, "selector": m.selector(name), "template": m.podTemplate(name, "Always"),
		"strategy": fields{"type": "RollingUpdate", "rollingUpdate": fields{"maxSurge": "25%", "maxUnavailable": 0}},
	}})
}

func (m maker) statefulSet(name string) object {
	claim := fields{
		"metadata": fields{"name": "data"},
		"spec": fields{
			"accessModes": list{"ReadWriteOnce"}, "storageClassName": "fast",
			"resources": fields{"requests": fields{"storage": fmt.Sprintf("%dGi", 1+m.random.IntN(500))}},
		},
	}
	return m.make("StatefulSet", "apps", "v1", "statefulsets", name, fields{"spec": fields{
		"replicas": 0, "serviceName": m.app + "-1", "selector": m.selector(name),
		"template": m.podTemplate(name, "Always"), "volumeClaimTemplates": list{claim},
	}})
}

func (m maker) cronJob(name string) object {
	schedule := fmt.Sprintf("%d %d * * *", m.random.IntN(60), m.random.IntN(24))
	job := fields{"spec": fields{"backoffLimit": 3, "template": m.podTemplate(name, "Never")}}
	return m.make("CronJob", "batch", "v1", "cronjobs", name, fields{"spec": fields{
		"schedule": schedule, "suspend": true, "concurrencyPolicy": "Forbid", "jobTemplate": job}})
}

func (m maker) job(name string) object {
	return m.make("Job", "batch", "v1", "jobs", name+"-migrate", fields{"spec": fields{
		"suspend": true, "backoffLimit": 3, "template": m.podTemplate(name, "Never")}})
}

func (m maker) ingress(name string) object {
	backend := fields{"service": fields{"name": m.app + "-0", "port": fields{"name": "http"}}}
	host := fmt.Sprintf("%s.%s.example.com", m.app, m.namespace)
	rule := fields{"host": host, "http": fields{"paths": list{
		fields{"path": "/", "pathType": "Prefix", "backend": backend},
		fields{"path": "/api/" + version3(m.random), "pathType": "Prefix", "backend": backend},
	}}}
	return m.make("Ingress", "networking.k8s.io", "v1", "ingresses", name, fields{"spec": fields{
		"ingressClassName": "public", "rules": list{rule},
		"tls": list{fields{"hosts": list{host}, "secretName": m.app + "-tls"}},
	}})
}

func (m maker) networkPolicy(name string) object {
	peer := fields{"namespaceSelector": fields{"matchLabels": fields{"team": pick(m.random, teams)}}}
	return m.make("NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies", name, fields{"spec": fields{
		"podSelector": m.selector(name), "policyTypes": list{"Ingress"},
		"ingress": list{fields{"from": list{peer}, "ports": list{fields{"port": 8080, "protocol": "TCP"}}}},
	}})
}

func (m maker) disruptionBudget(name string) object {
	return m.make("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets", name, fields{"spec": fields{
		"maxUnavailable": 1, "selector": m.selector(name + "-0")}})
}

func (m maker) autoscaler(name string) object {
	target := fields{"type": "Utilization", "averageUtilization": 50 + m.random.IntN(40)}
	return m.make("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers", name, fields{"spec": fields{
		"minReplicas": 1, "maxReplicas": 2 + m.random.IntN(40),
		"scaleTargetRef": fields{"apiVersion": "apps/v1", "kind": "Deployment", "name": m.app + "-0"},
		"metrics":        list{fields{"type": "Resource", "resource": fields{"name": "cpu", "target": target}}},
	}})
}

func applicationSpec(random *rand.Rand, app string) fields {
	stages := list{}
	for _, name := range []string{"dev", "staging", "canary", "production"} {
		stages = append(stages, fields{
			"name": name, "version": version3(random), "replicas": random.IntN(20), "approvedBy": pick(random, teams),
			"notes": prose(random, 120),
		})
	}
	return fields{"displayName": app, "stages": stages, "source": fields{"revision": hex(random, 40), "path": "deploy/" + app}}
}

func componentSpec(random *rand.Rand, app string) fields {
	needs := list{}
	for range 6 {
		needs = append(needs, fields{"application": pick(random, trades), "protocol": "grpc", "port": 8000 + random.IntN(99)})
	}
	return fields{"application": app, "needs": needs, "owner": pick(random, teams), "doc": prose(random, 300)}
}

func databaseSpec(random *rand.Rand, app string) fields {
	parameters := fields{}
	for _, name := range []string{
		"max_connections", "shared_buffers", "work_mem", "wal_keep_size", "checkpoint_timeout", "random_page_cost",
		"effective_cache_size", "maintenance_work_mem", "autovacuum_naptime", "statement_timeout",
	} {
		parameters[name] = fmt.Sprint(1 + random.IntN(4096))
	}
	return fields{
		"engine": "postgresql", "version": version3(random), "storage": fmt.Sprintf("%dGi", 10+random.IntN(990)),
		"parameters": parameters, "user": app, "backup": fields{"schedule": "0 3 * * *", "retain": random.IntN(60)},
	}
}

func routeSpec(random *rand.Rand, app string) fields {
	paths := list{}
	for range 8 {
		paths = append(paths, fields{
			"match":   fields{"path": "/" + pick(random, trades) + "/" + hex(random, 4), "method": "GET"},
			"forward": fields{"service": app + "-0", "weight": random.IntN(100)},
		})
	}
	return fields{"hosts": list{app + ".example.com"}, "paths": paths, "timeoutSeconds": 1 + random.IntN(30)}
}

func certificateSpec(random *rand.Rand, app string) fields {
	names := list{}
	for range 5 {
		names = append(names, fmt.Sprintf("%s-%s.example.com", app, hex(random, 4)))
	}
	return fields{
		"secretName": app + "-tls", "dnsNames": names, "duration": "2160h", "renewBefore": "360h",
		"issuerRef":  fields{"name": "internal", "kind": "ClusterIssuer"},
		"privateKey": fields{"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
	}
}
