package wire

import "time"

// Baselines is how far it is known what is normal.
type Baselines struct {
	Enabled bool       `json:"enabled"`
	Series  []Learning `json:"series"` // by dimension
	Models  int        `json:"models"`
	Open    int        `json:"open_incidents"`
	Told    uint64     `json:"incidents"` // since the start
	// Withheld are incidents that the budget of alerts did not allow when they
	// opened.
	Withheld uint64 `json:"withheld"`
}

// Learning is how far the series of one dimension are known.
type Learning struct {
	Dimension string `json:"dimension"`
	Series    int    `json:"series"`
	// Learning are those of which nothing is told yet; Thin those too rare to be
	// looked at by the minute, which are looked at by the hour.
	Learning int       `json:"learning"`
	Thin     int       `json:"thin"`
	Until    time.Time `json:"until,omitzero"` // when the last of them is expected to be known
}
