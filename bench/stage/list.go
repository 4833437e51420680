package stage

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// List fetches a list of blocks, such as all.txt, with its tag. Given the tag
// of one that is held, it waits a while for another; the same list has no body.
func (a *API) List(ctx context.Context, name, held string) (body, tag string, err error) {
	path := "/api/v1/lists/" + name
	if held != "" {
		path += "?wait=20s"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path, nil)
	if err != nil {
		return "", "", fmt.Errorf("fetch list %s: %w", name, err)
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("If-None-Match", held)
	resp, err := a.http.Do(req)
	if err != nil {
		return "", "", fmt.Errorf("fetch list %s: %w", name, err)
	}
	defer func() { _ = resp.Body.Close() }() // it has been read
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNotModified {
		err = problem(resp.StatusCode, text)
	}
	if err != nil {
		return "", "", fmt.Errorf("fetch list %s: %w", name, err)
	}
	return string(text), resp.Header.Get("ETag"), nil
}
