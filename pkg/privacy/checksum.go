package privacy

// isCard tells whether digits are the number of a payment card: issuer, length
// and Luhn's check digit. Cards of 13 digits are left out: nobody issues them
// any more, and article numbers (EAN-13) look the same.
func isCard(d []byte) bool {
	return isIssued(d) && luhn(d)
}

func isIssued(d []byte) bool {
	n := len(d)
	if n < 14 || n > 19 {
		return false
	}
	four := decimal(d[:4])
	switch two := four / 100; {
	case two >= 40 && two <= 49: // Visa
		return n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720: // Mastercard
		return n == 16
	case two == 34, two == 37: // American Express
		return n == 15
	case two == 36, two == 38, two == 39, four >= 3000 && four <= 3059: // Diners Club
		return n == 14 || n == 16
	case four >= 3528 && four <= 3589, four == 6011, four >= 6440 && four <= 6599, two == 62: // JCB, Discover, UnionPay
		return n >= 16
	case four == 5018, four == 5020, four == 5038, four == 5893, four == 6304, four == 6759, four >= 6761 && four <= 6763: // Maestro
		return n >= 16
	}
	return false
}

func luhn(d []byte) bool {
	sum := 0
	for i, c := range d {
		n := int(c - '0')
		if (len(d)-i)%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// decimal is the number that digits write.
func decimal(d []byte) int {
	n := 0
	for _, c := range d {
		n = n*10 + int(c-'0')
	}
	return n
}

// isSSN: area, group and serial that have been given out.
func isSSN(d []byte) bool {
	area := decimal(d[:3])
	return area != 0 && area != 666 && area < 900 && decimal(d[3:5]) != 0 && decimal(d[5:]) != 0
}

// isSteuerID: of the first ten digits one is there twice or thrice and no
// other more than once; ISO 7064 MOD 11,10.
func isSteuerID(d []byte) bool {
	var counts [10]int
	product := 10
	for _, c := range d[:10] {
		n := int(c - '0')
		counts[n]++
		sum := (n + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	repeated := 0
	for _, count := range counts {
		switch {
		case count > 3:
			return false
		case count > 1:
			repeated++
		}
	}
	return d[0] != '0' && repeated == 1 && (11-product)%10 == int(d[10]-'0')
}

// isDNI: eight digits and the letter of their remainder by 23.
func isDNI(w []byte) bool {
	return run(w, isDigit) == 8 && spanishLetter(decimal(w[:8])) == w[8]
}

// isNIE: as a DNI, its first digit written X, Y or Z.
func isNIE(w []byte) bool {
	first := int(w[0]) - 'X'
	return first >= 0 && first <= 2 && run(w[1:], isDigit) == 7 && spanishLetter(first*10_000_000+decimal(w[1:8])) == w[8]
}

func spanishLetter(n int) byte { return "TRWAGMYFPDXBNJZSQVHLCKE"[n%23] }

// isNIR: sex, year, month, department (2A and 2B are Corsica), key.
func isNIR(w []byte) bool {
	var d [15]byte
	copy(d[:], w)
	offset := 0
	if c := d[6]; isLetter(c) {
		if d[5] != '2' || c|0x20 > 'b' {
			return false
		}
		d[6], offset = '0', 1_000_000*int(c|0x20-'a'+1)
	}
	if run(d[:], isDigit) < len(d) || d[0] != '1' && d[0] != '2' {
		return false
	}
	month := decimal(d[3:5])
	return month >= 1 && (month <= 12 || month >= 20) && decimal(d[13:]) == 97-(decimal(d[:13])-offset)%97
}

// isCodiceFiscale: LLLLLLDDLDDLDDDL with a check letter.
func isCodiceFiscale(w []byte) bool {
	const shape = "LLLLLLDDLDDLDDDL"
	const odd = "\x01\x00\x05\x07\x09\x0d\x0f\x11\x13\x15\x02\x04\x12\x14\x0b\x03\x06\x08\x0c\x0e\x10\x0a\x16\x19\x18\x17"
	sum := 0
	for i, c := range w {
		if isLetter(c) != (shape[i] == 'L') {
			return false
		}
		n := int(c|0x20) - 'a'
		if isDigit(c) {
			n = int(c - '0')
		}
		switch {
		case i == len(w)-1:
			return sum%26 == n
		case i%2 == 0:
			sum += int(odd[n])
		default:
			sum += n
		}
	}
	return false
}

// isBSN: the test of eleven.
func isBSN(d []byte) bool {
	sum := -int(d[8] - '0')
	for i, c := range d[:8] {
		sum += (9 - i) * int(c-'0')
	}
	return sum%11 == 0 && decimal(d) > 9_999_999
}

// isCPF: two check digits; all digits alike pass and are never given out.
func isCPF(d []byte) bool {
	alike := true
	for _, c := range d {
		alike = alike && c == d[0]
	}
	return !alike && cpfDigit(d[:9]) == d[9] && cpfDigit(d[:10]) == d[10]
}

func cpfDigit(d []byte) byte {
	sum := 0
	for i, c := range d {
		sum += (len(d) + 1 - i) * int(c-'0')
	}
	return '0' + byte(sum*10%11%10)
}

// isNINO: two letters of those in use, six digits, A to D.
func isNINO(w []byte) bool {
	if !isLetter(w[0]) || !isLetter(w[1]) || run(w[2:], isDigit) != 6 || w[8] < 'A' || w[8] > 'D' {
		return false
	}
	for _, no := range []string{"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"} {
		if string(w[:2]) == no {
			return false
		}
	}
	return !hasAny(w[:2], "DFIQUV") && w[1] != 'O'
}

func hasAny(w []byte, set string) bool {
	for _, c := range w {
		for i := range len(set) {
			if c == set[i] {
				return true
			}
		}
	}
	return false
}

// isIBAN: the length of its country, and 1 modulo 97.
func isIBAN(w []byte) bool {
	if len(w) < 5 || ibanLength(w[:2]) != len(w) || !isDigit(w[2]) || !isDigit(w[3]) {
		return false
	}
	rest := 0
	for i := range w {
		switch c := w[(i+4)%len(w)]; {
		case isDigit(c):
			rest = (rest*10 + int(c-'0')) % 97
		default:
			rest = (rest*100 + int(c|0x20-'a') + 10) % 97
		}
	}
	return rest == 1
}

// ibanLength is the length of a country's IBAN, or 0.
func ibanLength(country []byte) int {
	const lengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22" +
		"GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21MC27MD24ME22MK19MR27MT31MU30" +
		"NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20"
	a, b := country[0]&^0x20, country[1]&^0x20
	for i := 0; i < len(lengths); i += 4 {
		if lengths[i] == a && lengths[i+1] == b {
			return int(lengths[i+2]-'0')*10 + int(lengths[i+3]-'0')
		}
	}
	return 0
}
