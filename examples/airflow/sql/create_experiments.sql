create table if not exists experiments (
  id serial primary key,
  n_components integer not null,
  strength double precision not null,
  score double precision not null,
  run_date date not null default date '{{ ds }}'
);
