package backtest

import (
	"testing"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }
