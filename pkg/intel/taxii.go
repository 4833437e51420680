package intel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	taxiiType   = "application/taxii+json"
	taxiiAccept = taxiiType + ";version=2.1"
	taxiiPage   = 1000   // objects asked for at once
	taxiiPages  = 10_000 // that one look follows
)

// taxii is a collection of a TAXII 2.1 server. The first look fetches all of
// it, the later ones what was added since.
type taxii struct {
	web        *web
	url        string
	collection string
	limit      int64
	now        func() time.Time
}

// taxiiRoot is what is read of a discovery, an API root, or a collection.
type taxiiRoot struct {
	Default  string   `json:"default"`
	APIRoots []string `json:"api_roots"`
	Versions []string `json:"versions"`
	taxiiCollection
}

type taxiiCollection struct {
	ID      string `json:"id"`
	Alias   string `json:"alias"`
	Title   string `json:"title"`
	CanRead bool   `json:"can_read"`
}

// taxiiEnvelope is a page of objects.
type taxiiEnvelope struct {
	More    bool              `json:"more"`
	Next    string            `json:"next"`
	Objects []json.RawMessage `json:"objects"`
}

func (t *taxii) fetch(ctx context.Context, before *State, body func() ([]byte, error)) (answer, error) {
	objects, err := t.find(ctx)
	if err != nil {
		return answer{}, err
	}
	a := answer{objects: objects}
	store := newObjects()
	if before.Objects == objects && before.AddedAfter != "" {
		old, err := body()
		if err == nil {
			err = store.load(old)
		}
		if err == nil {
			a.addedAfter = before.AddedAfter
		}
	}
	since := a.addedAfter
	if err := t.pages(ctx, &a, store); err != nil {
		return answer{}, err
	}
	if since != "" && store.added == 0 {
		a.unchanged = true
		return a, nil
	}
	store.dropOver(t.now())
	if a.body, err = store.bundle(); err != nil {
		return answer{}, err
	}
	if int64(len(a.body)) > t.limit {
		return answer{}, fmt.Errorf("the collection has more than %d bytes: raise the feed's max_bytes if that is right", t.limit)
	}
	return a, nil
}

// pages fetches all pages that were added after what is known.
func (t *taxii) pages(ctx context.Context, a *answer, store *objects) error {
	next, from := "", a.addedAfter
	for range taxiiPages {
		page, last, err := t.page(ctx, a.objects, from, next)
		if err != nil {
			return err
		}
		if err := store.add(page.Objects); err != nil {
			return err
		}
		if store.size > t.limit {
			return fmt.Errorf("the collection has more than %d bytes: raise the feed's max_bytes if that is right", t.limit)
		}
		if last != "" {
			a.addedAfter = last
		}
		switch {
		case !page.More:
			return nil
		case page.Next != "" && page.Next != next:
			next = page.Next
		case page.Next == "" && last != "" && last != from:
			next, from = "", last // as servers without marks do it
		default:
			return errors.New("the server says that there are more objects, and not where")
		}
	}
	return fmt.Errorf("the collection has more than %d pages", taxiiPages)
}

// page fetches one page; last is when its last object was added.
func (t *taxii) page(ctx context.Context, objects, from, next string) (page taxiiEnvelope, last string, err error) {
	query := url.Values{"limit": {strconv.Itoa(taxiiPage)}, "match[type]": {"indicator,identity"}}
	if from != "" {
		query.Set("added_after", from)
	}
	if next != "" {
		query.Set("next", next)
	}
	header, err := t.get(ctx, objects+"?"+query.Encode(), &page)
	if err != nil {
		return page, "", err
	}
	return page, header.Get("X-TAXII-Date-Added-Last"), nil
}

// get asks for a resource of the protocol.
func (t *taxii) get(ctx context.Context, to string, into any) (http.Header, error) {
	r, err := t.web.get(ctx, to, http.Header{"Accept": {taxiiAccept}})
	if err != nil {
		return nil, err
	}
	defer r.close()
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	version := params["version"]
	if err != nil || kind != taxiiType && kind != "application/json" || version != "" && version != "2.1" {
		return nil, fmt.Errorf("the server answered with %q: want %s", r.Header.Get("Content-Type"), taxiiAccept)
	}
	body, err := readAll(r.Body, t.limit)
	if err != nil {
		return nil, fmt.Errorf("answer of %s: %w", t.web.origin, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return nil, fmt.Errorf("answer of %s: %w", t.web.origin, err)
	}
	return r.Header, nil
}

// find gives the URL of the collection's objects.
func (t *taxii) find(ctx context.Context) (string, error) {
	base, err := url.Parse(t.url)
	if err != nil {
		return "", fmt.Errorf("TAXII: %w", err)
	}
	base.RawQuery, base.Fragment = "", ""
	if before, rest, ok := strings.Cut(base.Path, "/collections/"); ok && rest != "" {
		id, _, _ := strings.Cut(rest, "/")
		return base.JoinPath("/").ResolveReference(&url.URL{Path: before + "/collections/" + id + "/objects/"}).String(), nil
	}
	var root taxiiRoot
	if _, err := t.get(ctx, base.String(), &root); err != nil {
		return "", err
	}
	if len(root.Versions) == 0 {
		if base, err = t.apiRoot(base, &root); err != nil {
			return "", err
		}
	}
	return t.choose(ctx, base.JoinPath("collections/"))
}

// apiRoot is the one that a discovery names first. Servers behind a proxy that
// ends TLS often name it by http: it is asked for as the discovery was.
func (t *taxii) apiRoot(base *url.URL, d *taxiiRoot) (*url.URL, error) {
	name := d.Default
	if name == "" && len(d.APIRoots) > 0 {
		name = d.APIRoots[0]
	}
	if name == "" {
		return nil, errors.New("this is neither the discovery nor an API root of a TAXII 2.1 server: look at the URL")
	}
	u, err := base.Parse(name)
	if err != nil {
		return nil, fmt.Errorf("API root of the TAXII server: %w", err)
	}
	if u.Host != base.Host {
		return nil, fmt.Errorf("the API root %s is on another host, which gets no password of this one: set url to it", u)
	}
	u.Scheme = base.Scheme
	return u, nil
}

// choose gives the objects of the wanted collection.
func (t *taxii) choose(ctx context.Context, collections *url.URL) (string, error) {
	var list struct {
		Collections []taxiiCollection `json:"collections"`
	}
	if _, err := t.get(ctx, collections.String(), &list); err != nil {
		return "", err
	}
	var names []string
	var fit []taxiiCollection
	for _, c := range list.Collections {
		if !c.CanRead {
			continue
		}
		names = append(names, c.Title)
		if t.collection == "" || slices.Contains([]string{c.ID, c.Alias, c.Title}, t.collection) {
			fit = append(fit, c)
		}
	}
	if len(fit) != 1 {
		return "", fmt.Errorf("set collection to one of those that can be read here: %q", names)
	}
	return collections.JoinPath(fit[0].ID, "objects/").String(), nil
}
