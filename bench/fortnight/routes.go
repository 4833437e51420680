package main

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// route is an endpoint and how it ordinarily answers.
type route struct {
	method, template string
	api, owner       string
	gateway          int     // index of gateways
	objects          int     // ids that exist, for a {placeholder}
	millis           float64 // median
	bytes            float64 // median of the answer
	status           int64
	missing          float64 // share of 404
}

var gateways = [...]string{"edge-1", "edge-2"}

// catalogue is the API.
var catalogue = []route{
	{"GET", "/", "shop", "catalog", 0, 0, 22, 9_000, 200, 0},
	{"GET", "/static/{file}", "shop", "catalog", 0, 60, 3, 24_000, 200, 0.002},
	{"GET", "/products", "shop", "catalog", 0, 0, 35, 14_000, 200, 0},
	{"GET", "/products/{id}", "shop", "catalog", 0, 20_000, 28, 6_000, 200, 0.01},
	{"GET", "/search", "shop", "catalog", 0, 0, 80, 11_000, 200, 0},
	{"POST", "/carts", "shop", "catalog", 0, 0, 45, 700, 201, 0},
	{"PUT", "/carts/{id}", "shop", "catalog", 0, 90_000, 40, 900, 200, 0.003},
	{"DELETE", "/products", "shop", "catalog", 0, 0, 60, 300, 200, 0},
	{"POST", "/login", "account", "identity", 0, 0, 120, 650, 200, 0},
	{"GET", "/me", "account", "identity", 0, 0, 18, 1_100, 200, 0},
	{"GET", "/users/{id}", "account", "identity", 0, 50_000, 25, 1_300, 200, 0.002},
	{"DELETE", "/users/{id}", "account", "identity", 0, 50_000, 50, 200, 204, 0},
	{"GET", "/orders", "account", "identity", 0, 0, 55, 5_000, 200, 0},
	{"GET", "/orders/{id}", "account", "identity", 0, 200_000, 32, 2_400, 200, 0.004},
	{"POST", "/payments", "payments", "payments", 1, 0, 240, 800, 201, 0},
	{"GET", "/payments/{id}", "payments", "payments", 1, 200_000, 40, 900, 200, 0.003},
	{"POST", "/payments/notify", "payments", "payments", 1, 0, 30, 60, 200, 0},
	{"GET", "/reports", "reports", "finance", 1, 0, 90, 7_000, 200, 0},
	{"GET", "/reports/{id}", "reports", "finance", 1, 4_000, 300, 400_000, 200, 0.002},
	{"GET", "/export", "reports", "finance", 1, 0, 900, 2_000_000, 200, 0},
	{"GET", "/partner/items", "partner", "partners", 1, 0, 60, 30_000, 200, 0},
	{"PUT", "/partner/stock/{id}", "partner", "partners", 1, 9_000, 35, 300, 200, 0.002},
	{"POST", "/partner/sync", "partner", "partners", 1, 0, 700, 1_500, 200, 0},
	{"GET", "/healthz", "ops", "platform", 0, 0, 1, 15, 200, 0},
}

func (r *route) name() string { return r.method + " " + r.template }

// appendPath writes a path of the route, with an id that exists.
func (r *route) appendPath(dst []byte, rng *rand.Rand) []byte {
	open := strings.IndexByte(r.template, '{')
	if open < 0 {
		return append(dst, r.template...)
	}
	return r.appendObject(dst, rng.IntN(r.objects))
}

// appendObject is appendPath for one object.
func (r *route) appendObject(dst []byte, id int) []byte {
	open := strings.IndexByte(r.template, '{')
	dst = append(dst, r.template[:open]...)
	if strings.HasSuffix(r.template, "{file}") {
		return append(strconv.AppendInt(append(dst, "app-"...), int64(id), 10), ".js"...)
	}
	return strconv.AppendInt(dst, int64(id)+1000, 10)
}
