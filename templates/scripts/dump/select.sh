{#- Which entries of an archive belong to a table. As in common.sh, no brace before a hash or a percent. -#}
# Sets SCHEMA and TABLE from a name as SQL writes it: users, sales.orders, sales."Odd Name".
read_table() {
  local rest="$1" mark='"' part
  local parts=()
  local plain='^([^".A-Z]+)([.](.+))?$' quoted='^"(([^"]|"")+)"([.](.+))?$'
  while [[ -n $rest ]]; do
    if [[ $rest =~ $quoted ]]; then
      part="${BASH_REMATCH[1]}"
      part="${part//"$mark$mark"/"$mark"}"
      rest="${BASH_REMATCH[4]-}"
    elif [[ $rest =~ $plain ]]; then
      part="${BASH_REMATCH[1]}"
      rest="${BASH_REMATCH[3]-}"
    else
      fail "$1 is not a table's name: write it as SQL does, capitals in double quotes"
    fi
    parts+=("$part")
  done
  [[ -n ${parts[0]-} && -z ${parts[2]-} ]] || fail "$1 is not a table's name: write schema.table"
  if [[ -n ${parts[1]-} ]]; then
    SCHEMA="${parts[0]}" TABLE="${parts[1]}"
  else
    SCHEMA=public TABLE="${parts[0]}"
  fi
}

# Writes $WORK/entries: what of ARCHIVE is restored, in its order, and as comments what is left out.
#
# pg_restore --table takes the table and its rows alone, without its keys, defaults, sequences and
# indexes. What belongs to it is known from the dependencies that pg_restore tells in its verbose
# output. "$1" says what is wanted:
#   whole   the tables of "$@", what belongs to them, and the types, functions and schemas that they need
#   own     the tables and what belongs to them: the database has the rest
#   data    every row of the archive, tables that others refer to first
select_entries() {
  STEP='reading what belongs to the tables'
  local wanted="$1" table ids=''
  shift
  pg_restore --list "$ARCHIVE" >"$WORK/list"
  for table in "$@"; do
    read_table "$table"
    table="$(pg_restore --list --schema="$SCHEMA" --table="$TABLE" "$ARCHIVE" |
      sed --quiet 's/^\([0-9]*\); 1259 [0-9]* TABLE .*/\1/p')"
    [[ $table =~ ^[0-9]+$ ]] || fail "the archive has no table $(sql_name "$SCHEMA").$(sql_name "$TABLE")"
    ids+=" $table"
  done
  sed --quiet '/^[0-9]*; [0-9]* [0-9]* SEQUENCE SET /p' "$WORK/list" >"$WORK/sequences"
  {
    pg_restore --verbose --file=- --section=pre-data --section=post-data "$ARCHIVE"
    pg_restore --verbose --file=- --use-list="$WORK/sequences" "$ARCHIVE"
  } 2>/dev/null >"$WORK/graph"
  awk -v wanted="$wanted" -v ids="$ids" '
    function is_relation(entry) { return type[entry] ~ /^(TABLE|VIEW|MATERIALIZED VIEW|FOREIGN TABLE)$/ }

    # A table whose rows others refer to comes before them; where they refer to each other, neither does.
    function rows_of(table, count, parents, i) {
      if (table in seen) return
      seen[table] = 1
      count = split(refers[table], parents, " ")
      for (i = 1; i <= count; i++) rows_of(parents[i])
      if (oid[table] in rows) print line[rows[oid[table]]]
    }

    function add(entry, is_own) {
      if (!(entry in taken)) { taken[entry] = 1; grown = 1 }
      if (is_own && !(entry in own)) { own[entry] = 1; grown = 1 }
    }

    # The list of contents: number, class and object of each entry.
    NR == FNR {
      if ($1 !~ /^[0-9]+;$/) next
      entry = $1 + 0
      order[++entries] = entry
      line[entry] = $0
      if ($2 == 0 && $4 == "TABLE" && $5 == "DATA") { rows[$3] = entry; is_rows[entry] = 1 }
      next
    }

    # The verbose output: what each entry depends on, and its name and type.
    /^-- TOC entry [0-9]+ \(class [0-9]+ OID [0-9]+\)$/ { entry = $4 + 0; object = $8 + 0; needs = ""; next }
    /^-- Dependencies: [0-9 ]+$/ { needs = substr($0, 18); next }
    /^-- (.* for )?Name: .*; Type: [A-Z ]+; Schema: / && entry in line {
      depends[entry] = needs
      oid[entry] = object
      name[entry] = type[entry] = $0
      sub(/^-- (.* for )?Name: /, "", name[entry])
      sub(/; Type: [A-Z ]+; Schema: .*$/, "", name[entry])
      sub(/^.*; Type: /, "", type[entry])
      sub(/; Schema: .*$/, "", type[entry])
      entry = ""
    }

    END {
      # Which table refers to which: a foreign key depends on both, and on the key of the one referred to.
      for (entry in type) if (type[entry] == "FK CONSTRAINT") {
        count = split(depends[entry], need, " ")
        parent = ""
        for (i = 1; i <= count; i++) if (type[need[i]] ~ /^(CONSTRAINT|INDEX)$/) {
          last = split(depends[need[i]], key, " ")
          for (j = 1; j <= last; j++) if (type[key[j]] == "TABLE") parent = key[j]
        }
        for (i = 1; i <= count; i++) if (type[need[i]] == "TABLE" && need[i] != parent && parent != "")
          refers[need[i]] = refers[need[i]] " " parent
      }
      if (wanted == "data") {
        for (i = 1; i <= entries; i++) if (type[order[i]] == "TABLE") rows_of(order[i])
        for (i = 1; i <= entries; i++) if (!(order[i] in is_rows)) print line[order[i]]
        exit
      }

      for (entry in type) if (type[entry] == "TABLE ATTACH") {
        count = split(depends[entry], need, " ")
        for (i = 1; i <= count; i++) if (name[need[i]] == name[entry]) attached[need[i]] = 1
      }
      count = split(ids, need, " ")
      for (i = 1; i <= count; i++) add(need[i], 1)
      do {
        grown = 0
        for (i = 1; i <= entries; i++) {
          entry = order[i]
          count = split(depends[entry], need, " ")
          belongs = is_alien = 0
          for (j = 1; j <= count; j++) {
            if (need[j] in own) belongs = 1
            else if (is_relation(need[j])) is_alien = 1
            # Partitions go with their table.
            if (type[entry] == "TABLE ATTACH") for (k = 1; k <= count; k++)
              if (need[k] in own && name[need[k]] != name[entry] && name[need[j]] == name[entry]) add(need[j], 1)
          }
          if (type[entry] ~ /^(TABLE ATTACH|INDEX ATTACH|DEFAULT|CONSTRAINT|CHECK CONSTRAINT|FK CONSTRAINT|INDEX|STATISTICS|STATISTICS DATA|RULE|TRIGGER|ROW SECURITY|POLICY|COMMENT|ACL|SECURITY LABEL|SEQUENCE|SEQUENCE OWNED BY|SEQUENCE SET)$/ && belongs) {
            left_out[entry] = is_alien
            if (!is_alien) add(entry, 1)
          }
          if (entry in taken) for (j = 1; j <= count; j++) {
            # A table that is inherited from is needed as it is; of a partition the parent is not.
            if (type[entry] == "TABLE" && type[need[j]] == "TABLE" && !(entry in attached)) add(need[j], 0)
            if (need[j] in type && !is_relation(need[j]) && type[need[j]] !~ /^(INDEX|CONSTRAINT|TABLE ATTACH|PUBLICATION)$/) add(need[j], 0)
          }
          if (type[entry] ~ /^(COMMENT|ACL|SECURITY LABEL|SEQUENCE SET)$/)
            for (j = 1; j <= count; j++) if (need[j] in taken) add(entry, 0)
        }
      } while (grown)
      for (i = 1; i <= entries; i++) {
        entry = order[i]
        if (left_out[entry] && type[entry] !~ / ATTACH$/) print "; left out, since it needs a table that is: " type[entry] " " name[entry]
        if (wanted == "own" ? entry in own : entry in taken) print line[entry]
        else if (entry in is_rows) {
          for (table in own) if (type[table] == "TABLE" && rows[oid[table]] == entry) print line[entry]
        }
      }
    }' "$WORK/list" "$WORK/graph" >"$WORK/entries"
  sed --quiet 's/^; \(left out, .*\)/\1/p' "$WORK/entries" | while read -r table; do say "note: $table"; done
}
