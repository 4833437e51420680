package main

import (
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// attacks are what somebody does.
func attacks(w *world) []incident {
	return append(loud(w), quiet(w)...)
}

const chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.0.0 Safari/537.36"

// loud are attacks that come with numbers.
func loud(w *world) []incident {
	flooder, guesser := attacker(1, chrome), attacker(3, chrome)
	return []incident{
		{
			Name: "one address floods the search for 10 minutes", Shape: finding.Burst, from: w.at(0, 10, 0), until: w.at(0, 10, 10), due: finding.Log,
			subjects: join(of(flooder), []string{"route:GET /search", "api:shop"}), families: []finding.Family{finding.Volume, finding.Scraping, finding.Automation},
			plant: func(w *world, i *incident) {
				w.swarm(i, swarm{route: "GET /search", rate: 12, by: always(flooder), fill: func(w *world, q *request) { q.query = "q=" + words[w.rng.IntN(len(words))] }})
			},
		},
		{
			Name: "250 addresses try passwords for 40 minutes", Shape: finding.Burst, from: w.at(0, 21, 0), until: w.at(0, 21, 40), due: finding.Notify,
			subjects: []string{"route:POST /login", "api:account", "address:47.1."}, families: []finding.Family{finding.Credential, finding.Errors, finding.Volume},
			plant: func(w *world, i *incident) {
				w.swarm(i, swarm{route: "POST /login", rate: 3, by: botnet(1, 250, chrome), fill: guessing})
			},
		},
		{
			Name: "a password is found after sixty wrong ones", Shape: finding.Behaviour, from: w.at(11, 22, 0), until: w.at(11, 22, 20), due: finding.Page,
			subjects: of(guesser), families: []finding.Family{finding.Credential},
			plant: func(w *world, i *incident) {
				n := 0
				w.swarm(i, swarm{route: "POST /login", rate: 0.4, by: always(guesser), calls: 61, fill: func(w *world, q *request) {
					if n++; n <= 60 {
						guessing(w, q)
					} else {
						q.status = 200
					}
				}})
			},
		},
		{
			Name: "three addresses take the whole catalogue", Shape: finding.Behaviour, from: w.at(7, 20, 0), until: w.at(7, 23, 0), due: finding.Log,
			subjects: []string{"address:47.2.", "route:GET /products/{id}", "route:GET /products", "network:AS646"},
			families: []finding.Family{finding.Scraping, finding.Volume, finding.Object, finding.Automation},
			plant: func(w *world, i *incident) {
				w.swarm(i, swarm{route: "GET /products", rate: 0.3, by: botnet(2, 3, chrome), fill: pages(w)})
				w.swarm(i, swarm{route: "GET /products/{id}", rate: 1.5, by: botnet(2, 3, chrome), fill: inOrder(0)})
			},
		},
	}
}

// quiet are attacks that hide among what is ordinary.
func quiet(w *world) []incident {
	walker, exporter, victim, taker := w.customer(11), w.customer(23), w.customer(37), w.customer(41)
	thief := victim
	thief.addr, thief.network, thief.country = netip.MustParseAddr("45.1.1.9"), "AS64666", "NL"
	thief.userAgent, thief.fingerprint = "python-requests/2.32", "t13i1812h1_85036bcba153_b26ce05bbdd6"
	partner := visitor{addr: netip.AddrFrom4([4]byte{91, 10, 3, 4}), network: "AS64523", country: "DE", userAgent: "acme-sync/3.2", fingerprint: "t13i190800_9dc949149365_97f8aa674fd9", application: "partner-3"}
	beacon, insider := attacker(17, chrome), visitor{addr: netip.MustParseAddr("10.9.9.9"), userAgent: "curl/8.5.0"}
	return []incident{
		{
			Name: "a customer walks through the orders of others", Shape: finding.Behaviour, from: w.at(1, 15, 0), until: w.at(1, 16, 0), due: finding.Log,
			subjects: of(walker), families: []finding.Family{finding.Object, finding.Scraping},
			plant: func(w *world, i *incident) {
				w.swarm(i, swarm{route: "GET /orders/{id}", rate: 0.25, by: always(walker), fill: inOrder(120_000)})
			},
		},
		{
			Name: "one answer of 900 MB", Shape: finding.Single, from: w.at(3, 16, 0), until: w.at(3, 16, 1), due: finding.Log,
			subjects: join(of(exporter), []string{"route:GET /export", "api:reports"}), families: []finding.Family{finding.Exfiltration, finding.Volume},
			plant: func(w *world, i *incident) {
				w.swarm(i, swarm{route: "GET /export", rate: 1, by: always(exporter), calls: 1, fill: func(_ *world, q *request) { q.answered, q.status = 900<<20, 200 }})
			},
		},
		{
			Name: "a stolen session is used elsewhere meanwhile", Shape: finding.Behaviour, from: w.at(4, 10, 0), until: w.at(4, 10, 40), due: finding.Log,
			subjects: join(of(victim), of(thief)), families: []finding.Family{finding.Tokens},
			plant: func(w *world, i *incident) {
				w.swarm(i, swarm{route: "GET /products", rate: 0.1, by: always(victim)})
				w.swarm(i, swarm{route: "GET /orders", rate: 0.07, by: always(thief)})
			},
		},
		{
			Name: "a partner deletes users for the first time", Shape: finding.First, from: w.at(4, 19, 0), until: w.at(4, 19, 5), due: finding.Log,
			subjects: join(of(partner), []string{"route:DELETE /users/{id}", "api:account"}), families: []finding.Family{finding.Novelty},
			plant: func(w *world, i *incident) {
				w.swarm(i, swarm{route: "DELETE /users/{id}", rate: 0.05, by: always(partner), calls: 4, fill: func(_ *world, q *request) { q.status = 204 }})
			},
		},
		{
			Name: "somebody deletes a collection", Shape: finding.First, from: w.at(13, 9, 0), until: w.at(13, 9, 1), due: finding.Log,
			subjects: join(of(walker), []string{"route:DELETE /products", "api:shop"}), families: []finding.Family{finding.Novelty, finding.Volume, finding.Exfiltration},
			plant: func(w *world, i *incident) {
				w.swarm(i, swarm{route: "DELETE /products", rate: 1, by: always(walker), calls: 1})
			},
		},
		{
			Name: "a customer takes 260 reports in an hour", Shape: finding.Behaviour, from: w.at(8, 11, 0), until: w.at(8, 12, 0), due: finding.Log,
			subjects: join(of(taker), []string{"route:GET /reports/{id}", "api:reports"}), families: []finding.Family{finding.Exfiltration, finding.Scraping, finding.Object, finding.Volume},
			plant: func(w *world, i *incident) {
				w.swarm(i, swarm{route: "GET /reports/{id}", rate: 0.072, by: always(taker), fill: func(_ *world, q *request) { q.answered *= 9 }})
			},
		},
		{
			Name: "a program with a browser's name calls every minute", Shape: finding.Behaviour, from: w.at(10, 3, 0), until: w.at(10, 23, 0), due: finding.Log,
			subjects: of(beacon), families: []finding.Family{finding.Automation},
			plant: func(w *world, i *incident) {
				w.add(i.from, &program{by: beacon, route: "GET /products", every: minute, slack: 0.004, fill: func(_ *world, q *request) { q.lost = q.at >= i.until }})
			},
		},
		{
			Name: "a decoy is touched from inside", Shape: finding.Single, from: w.at(10, 15, 0), until: w.at(10, 15, 1), due: finding.Page,
			subjects: of(insider), families: []finding.Family{finding.Decoy},
			plant: func(w *world, i *incident) {
				w.add(i.from, once(func(w *world, at int64) {
					w.ask(at, &nowhere, &insider, func(q *request) { q.path, q.status = append(q.path[:0], "/.env"...), 404 })
				}))
			},
		},
	}
}

// once acts a single time.
type once func(w *world, at int64)

func (o once) step(w *world, at int64) int64 { o(w, at); return 0 }
