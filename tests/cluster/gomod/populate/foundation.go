package main

import (
	"fmt"
	"math/rand/v2"
)

// fields is short for a JSON object.
type fields = map[string]any

// list is short for a JSON array.
type list = []any

// customKind is a kind that a CustomResourceDefinition of ours brings.
type customKind struct {
	group, kind, plural string
	spec                func(random *rand.Rand, app string) fields
}

var customKinds = []customKind{
	{"apps.example.com", "Application", "applications", applicationSpec},
	{"apps.example.com", "Component", "components", componentSpec},
	{"data.example.com", "Database", "databases", databaseSpec},
	{"net.example.com", "Route", "routes", routeSpec},
	{"certs.example.com", "Certificate", "certificates", certificateSpec},
}

func (k customKind) definition() object {
	name := k.plural + "." + k.group
	schema := fields{
		"type":        "object",
		"description": k.kind + " is declared by a team and brought about by the platform's operator.",
		"properties": fields{
			"spec":   fields{"type": "object", "x-kubernetes-preserve-unknown-fields": true},
			"status": fields{"type": "object", "x-kubernetes-preserve-unknown-fields": true},
		},
	}
	body := fields{
		"apiVersion": "apiextensions.k8s.io/v1",
		"kind":       "CustomResourceDefinition",
		"metadata":   fields{"name": name, "labels": fields{"app.kubernetes.io/part-of": "platform"}},
		"spec": fields{
			"group": k.group,
			"scope": "Namespaced",
			"names": fields{"kind": k.kind, "plural": k.plural, "singular": k.plural[:len(k.plural)-1]},
			"versions": list{fields{
				"name": "v1", "served": true, "storage": true,
				"schema":       fields{"openAPIV3Schema": schema},
				"subresources": fields{"status": fields{}},
			}},
		},
	}
	return clusterWide("CustomResourceDefinition", "apiextensions.k8s.io", "customresourcedefinitions", name, body)
}

// listPath answers 200 once the kind is served.
func (k customKind) listPath() string {
	return fmt.Sprintf("/apis/%s/v1/%s?limit=1", k.group, k.plural)
}

func clusterWide(kind, group, plural, name string, body fields) object {
	return object{
		kind: kind, resource: qualified(plural, group), name: name,
		collection: basePath(group, body) + "/" + plural, body: body, owner: noOwner,
	}
}

func basePath(group string, body fields) string {
	if group == "" {
		return "/api/v1"
	}
	return "/apis/" + body["apiVersion"].(string)
}

func qualified(plural, group string) string {
	if group == "" {
		return plural
	}
	return plural + "." + group
}

func namespace(random *rand.Rand, name string, index int) object {
	team := teams[index%len(teams)]
	body := fields{
		"apiVersion": "v1", "kind": "Namespace",
		"metadata": fields{
			"name":        name,
			"labels":      fields{"team": team, "pod-security.kubernetes.io/enforce": "baseline", "tier": fmt.Sprint(index % 3)},
			"annotations": fields{"example.com/description": prose(random, 700), "example.com/cost-center": hex(random, 6)},
		},
	}
	return clusterWide("Namespace", "", "namespaces", name, body)
}

func priorityClass(name string, index int) object {
	body := fields{
		"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": fields{"name": name},
		"value": 1000 * (index + 1), "globalDefault": false, "description": "Work of class " + name,
	}
	return clusterWide("PriorityClass", "scheduling.k8s.io", "priorityclasses", name, body)
}

func limitRange(random *rand.Rand, namespace string) object {
	limits := list{fields{
		"type":           "Container",
		"default":        fields{"cpu": "500m", "memory": "512Mi"},
		"defaultRequest": fields{"cpu": "50m", "memory": "64Mi"},
		"max":            fields{"cpu": "16", "memory": fmt.Sprintf("%dGi", 32+random.IntN(32))},
	}}
	return maker{random, namespace, "platform", noOwner}.make(
		"LimitRange", "", "v1", "limitranges", "defaults", fields{"spec": fields{"limits": limits}})
}

func resourceQuota(random *rand.Rand, namespace string) object {
	hard := fields{"pods": "10000", "requests.storage": fmt.Sprintf("%dTi", 100+random.IntN(100))}
	return maker{random, namespace, "platform", noOwner}.make(
		"ResourceQuota", "", "v1", "resourcequotas", "generous", fields{"spec": fields{"hard": hard}})
}
