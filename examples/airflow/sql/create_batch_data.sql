create table if not exists batch_data (
  stored_at timestamp not null default now()
);
