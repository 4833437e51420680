package httpapi

import "net/http"

// baselines tells how far it is known what is normal.
func (s *Server) baselines(x *exchange) error {
	b := s.options.Baselines()
	b.Series = filledList(b.Series)
	x.JSON(http.StatusOK, b)
	return nil
}
